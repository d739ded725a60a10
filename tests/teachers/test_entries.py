"""The run files of collections, judges and filters, as a user gives them."""

import json
import pathlib
import subprocess
import sys

import pytest

from distill_jax import collect
from distill_jax.rationales import store
from tests import shared

_GIN = pathlib.Path(__file__).parents[2] / 'gin'
_COLLECT = sorted(
  path.name
  for kind in ('collect', 'teacher_')
  for path in _GIN.glob(f'{kind}*.gin')
)


def _main(monkeypatch, *arguments):
  monkeypatch.setattr('sys.argv', ['collect', *arguments])
  collect.main()


@pytest.mark.parametrize('name', _COLLECT)
def test_a_run_file_plans(monkeypatch, capsys, tmp_path, name):
  given = [f'--gin_file={name}', f'--gin.OUTPUT={tmp_path / "out"}']
  if name != 'collect_tiny.gin':
    folder = shared.path('svamp')
    given += ['--gin.TASK=svamp', f'--gin.DATA_DIR={folder}', '--gin.MODEL=m']
  _main(monkeypatch, *given, '--gin.LIMIT=3', '--dry_run')
  said = capsys.readouterr().out
  assert 'requests   3 for' in said
  assert not (tmp_path / 'out').exists()
  assert f'--gin_file={name}' in (_GIN / name).read_text()


@pytest.mark.parametrize(
  ('arguments', 'said'),
  [
    (['--gin_file=collect.gin'], 'is required, give it by --gin.'),
    (['--gin_file=collect_tiny.gin'], 'OUTPUT is required'),
    (
      ['--gin_file=collect_tiny.gin', '--gin.SAMPLE=3'],
      'did you mean SAMPLES?',
    ),
    (
      ['--gin_file=collect_tiny.gin', '--gin.OUTPUT=x', '--gin.SPLIT=tets'],
      "no split 'tets'",
    ),
    (
      ['--gin_file=collect_svamp.gin', '--gin.OUTPUT=x'],
      'no data folder; name it by --gin.DATA_DIR=FOLDER',
    ),
  ],
)
def test_mistakes_are_one_line(monkeypatch, capsys, tmp_path, arguments, said):
  monkeypatch.chdir(tmp_path)
  with pytest.raises(SystemExit):
    _main(monkeypatch, *arguments)
  line = capsys.readouterr().err.splitlines()[-1]
  assert line.startswith('distill_jax.collect: ')
  assert said in line


def test_an_endpoint_without_a_key_is_told_before_any_request(
  monkeypatch, capsys, tmp_path
):
  monkeypatch.delenv('OPENAI_API_KEY', raising=False)
  folder = shared.path('svamp')
  given = [
    '--gin_file=collect_svamp.gin',
    f'--gin.DATA_DIR={folder}',
    f'--gin.OUTPUT={tmp_path / "out"}',
  ]
  with pytest.raises(SystemExit):
    _main(monkeypatch, *given)
  assert 'needs a key' in capsys.readouterr().err
  assert not (tmp_path / 'out').exists()


def test_the_scripted_teacher_fills_a_store(monkeypatch, capsys, tmp_path):
  out = tmp_path / 'out'
  given = ['--gin_file=collect_tiny.gin', f'--gin.OUTPUT={out}']
  _main(monkeypatch, *given, '--gin.LIMIT=40')
  assert 'accuracy of a sample' in capsys.readouterr().out
  records = list(store.read(out / 'train.jsonl'))
  assert [len(record.rationales) for record in records] == [5] * 40
  summary = json.loads((out / 'summary.json').read_text())
  assert summary['usable'] > 5
  before = (out / 'train.jsonl').read_bytes()
  _main(monkeypatch, *given, '--gin.LIMIT=40')
  assert (out / 'train.jsonl').read_bytes() == before


_HELP = """
import sys
sys.argv = ["collect", "--help"]
from distill_jax import collect
try:
  collect.main()
except SystemExit:
  print([m for m in ("jax", "openai", "tensorflow") if m in sys.modules])
"""


def test_help_needs_nothing_heavy():
  done = subprocess.run(
    [sys.executable, '-c', _HELP], capture_output=True, text=True, check=True
  )
  assert done.stdout.splitlines()[-1] == '[]'
