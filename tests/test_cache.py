"""The entry that builds a token cache."""

import pathlib

import pytest

from distill_jax import cache
from distill_jax.data import tokenizer
from tests.data import brought, caches

_RUN = """
from __gin__ import dynamic_registration
from distill_jax.data import source
include 'finetune_tiny.gin'
source.Source.data_dir = {folder!r}
TASK = 'records'
"""


@pytest.fixture
def arguments(tmp_path, monkeypatch):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  folder = brought.write(tmp_path / 'pens')
  run = tmp_path / 'pens.gin'
  run.write_text(_RUN.format(folder=str(folder)))
  given = [
    'cache',
    f'--gin_file={run}',
    f'--gin.CACHE_DIR={tmp_path / "caches"}',
  ]
  monkeypatch.setattr('sys.argv', given)
  return given


def test_builds_and_describes(arguments, capsys):
  cache.main()
  folder, *splits = capsys.readouterr().out.splitlines()
  assert (pathlib.Path(folder) / 'meta.json').exists()
  assert [line.split()[:4] for line in splits] == [
    [name, '2', 'examples', '6'] for name in ('train', 'validation', 'test')
  ]


def test_a_mistake_in_the_data_is_one_line(arguments, tmp_path, capsys):
  (tmp_path / 'pens' / 'train.jsonl').write_text('{"question": 7}\n')
  with pytest.raises(SystemExit) as ended:
    cache.main()
  assert ended.value.code == 1
  said = capsys.readouterr().err.strip().splitlines()
  assert "train.jsonl:1: record: 'question' is int 7" in said[-1]
  assert said[-1].startswith('distill_jax.cache: ')
