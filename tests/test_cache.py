"""The entry that builds a token cache."""

import importlib.util
import pathlib

import pytest

from distill_jax import cache
from distill_jax.data import beam, tokenizer
from tests.data import beam_by_hand, brought, caches

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


def test_beam_is_told_before_anything_is_built(
  arguments, tmp_path, monkeypatch, capsys
):
  monkeypatch.setattr(beam.Beam, 'require', lambda self, folder: None)
  words = '--runner=FlinkRunner --parallelism=8'
  given = [*arguments, '--beam', f'--beam_options={words}', '--dry_run']
  monkeypatch.setattr('sys.argv', given)
  cache.main()
  said = capsys.readouterr().out.splitlines()[-1]
  assert said == f'by         Apache Beam, 8,192 rows at a time: {words}'
  assert not (tmp_path / 'caches').exists()


@pytest.mark.parametrize(
  ('given', 'said'),
  [
    (['--beam_folder=/x'], '--beam_folder needs --beam beside it'),
    (['--beam', '--beam_options="--a'], '--beam_options: "--a: No closing'),
    (['--beam', '--beam_folder=s3://x'], 'neither local nor on gs://'),
  ],
)
def test_options_of_beam_that_cannot_be(
  arguments, given, said, monkeypatch, capsys
):
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: name)
  monkeypatch.setattr('sys.argv', [*arguments, *given, '--dry_run'])
  with pytest.raises(SystemExit):
    cache.main()
  (line,) = capsys.readouterr().err.splitlines()
  assert said in line


def test_what_beam_builds_is_described_too(arguments, monkeypatch, capsys):
  beam_by_hand.install(monkeypatch)
  monkeypatch.setattr('sys.argv', [*arguments, '--beam'])
  cache.main()
  by_beam = capsys.readouterr().out
  monkeypatch.setattr('sys.argv', arguments)
  cache.main()
  assert capsys.readouterr().out == by_beam
