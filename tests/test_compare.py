"""The entry that trains methods beside one another."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from distill_jax import compare
from tests.training import small

_TABLE = """
from __gin__ import dynamic_registration
from distill_jax.comparison import grid
grid.Comparison.results_dir = {folder!r}
grid.Comparison.baseline = 'one'
grid.Comparison.seeds = (0, 1)
grid.Comparison.bindings = ({bindings})
grid.Comparison.rows = (@one/grid.Row(), @two/grid.Row())
one/grid.Row.name = 'one'
one/grid.Row.gin_files = ({gin!r},)
two/grid.Row.name = 'two'
two/grid.Row.gin_files = ({gin!r},)
two/grid.Row.bindings = ({more!r},)
"""


def _table(folder, data, more: str = 'STEPS=2') -> str:
  arguments = small.arguments(folder, data, STEPS=3)[1:]
  bindings = [
    one.removeprefix('--gin.') for one in arguments if 'MODEL_DIR' not in one
  ]
  path = folder / 'table.gin'
  text = _TABLE.format(
    folder=str(folder / 'results'),
    bindings=''.join(f'{one!r}, ' for one in bindings),
    gin=str(small.GIN),
    more=more,
  )
  path.write_text(text)
  return str(path)


def _main(monkeypatch, *argv: str) -> None:
  monkeypatch.setattr(sys, 'argv', ['compare', *argv])
  compare.main()


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  folder = tmp_path_factory.mktemp('small')
  small.write_records(folder / 'records')
  return folder


def test_a_plan_lists_the_runs(tmp_path, data, monkeypatch, capsys):
  _main(monkeypatch, f'--gin_file={_table(tmp_path, data)}', '--dry_run')
  lines = capsys.readouterr().out.splitlines()
  assert len(lines) == 4
  assert all(line.startswith('to do  python -m ') for line in lines)
  assert lines[3].count('--gin.SEED=1') == 1
  assert not (tmp_path / 'results').exists()


def test_a_wrong_row_stops_before_any_run(tmp_path, data, monkeypatch, capsys):
  with pytest.raises(SystemExit) as caught:
    _main(monkeypatch, f'--gin_file={_table(tmp_path, data, "STEP=2")}')
  assert caught.value.code == 2
  assert 'did you mean STEPS?' in capsys.readouterr().err
  assert not (tmp_path / 'results').exists()


@pytest.mark.slow
def test_a_comparison_that_is_stopped_goes_on(tmp_path, data):
  argv = [
    sys.executable,
    '-m',
    'distill_jax.compare',
    f'--gin_file={_table(tmp_path, data)}',
  ]
  results = tmp_path / 'results'
  first = results / 'runs' / 'one' / 'seed_0' / 'finished.json'
  second = results / 'runs' / 'two' / 'seed_0'
  child = subprocess.Popen(
    argv,
    stderr=subprocess.PIPE,
    text=True,
    # A job in the background ignores Ctrl-C, and its children do.
    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
  )
  while not (second / 'metrics.jsonl').exists():
    assert child.poll() is None, child.stderr.read()
    time.sleep(0.1)
  child.send_signal(signal.SIGINT)
  assert child.wait(60) == 130
  assert not (second / 'finished.json').exists()
  assert not (results / 'comparison.json').exists()

  before = first.stat().st_mtime_ns
  done = subprocess.run(
    argv, capture_output=True, text=True, check=False, env=os.environ
  )
  assert done.returncode == 0, done.stderr
  assert '1 of 4 runs are there' in done.stderr
  assert first.stat().st_mtime_ns == before
  said = json.loads((results / 'comparison.json').read_text())
  assert [(line['row'], line['seeds']) for line in said['lines']] == [
    ('one', 2),
    ('two', 2),
  ]
  assert '| two |' in done.stdout


_GIN = pathlib.Path(__file__).parent.parent / 'gin'
_REQUIRED = {
  'BINDINGS': "('DATA_DIR=/a', 'VOCABULARY=/b')",
  'FIXED_STUDENT': "('NEGATIVES_CHECKPOINT=/c',)",
  'LARGE_TEACHER': "('CACHE_DIR=/d',)",
  'SMALL_TEACHER': "('CACHE_DIR=/e',)",
  'WITH': "('DATA_DIR=/f',)",
  'WITHOUT': "('DATA_DIR=/g',)",
  'CRITIC': "('CRITIC_INITIAL_CHECKPOINT=/h',)",
  'BASE': "('STEPS=1',)",
  'LARGE': "('STEPS=2',)",
  'XXL': "('BATCH_SIZE=32', 'STEPS=4000')",
  'XL': "('STEPS=3',)",
  'PASSAGES_ARE': "('CORPUS=/i.jsonl',)",
  'READER_IS': "('READER_VOCABULARY=/j',)",
  'RAG_PASSAGES_ARE': "('CORPUS=/i.jsonl',)",
  'ENCODER_IS': "('ENCODER_VOCABULARY=/j', 'CRITIC_INITIAL_CHECKPOINT=/h')",
  'READER_BEGINS': "('CRITIC_INITIAL_CHECKPOINT=/h',)",
  'DATA_IS': "('DATA_DIR=/k',)",
  'STUDENT_IS': "('VOCABULARY=/b',)",
  'CORPUS_IS': "('CORPUS=/i.jsonl',)",
}


def _whole(name: str) -> str:
  """The text of a table file and of all that it includes."""
  text = (_GIN / f'{name}.gin').read_text()
  included = re.findall(r"include '(\S+)\.gin'", text)
  return ''.join(map(_whole, included)) + text


@pytest.mark.parametrize(
  'name',
  sorted(
    path.stem
    for path in _GIN.glob('tables/*.gin')
    if not path.stem.endswith('_judge')  # tests/teachers/judging/test_judge.py
  ),
)
def test_tables_of_the_package_plan(name, tmp_path, monkeypatch, capsys):
  text = _whole(f'tables/{name}')
  assert f'--gin_file=tables/{name}.gin' in text
  more = [
    f'--gin.{macro}={value}'
    for macro, value in _REQUIRED.items()
    if f'\n{macro} = %gin.REQUIRED' in text and f'\n{macro} = (' not in text
  ]
  argv = (f'--gin_file=tables/{name}.gin', f'--gin.RESULTS_DIR={tmp_path}')
  _main(monkeypatch, *argv, *more, '--dry_run')
  lines = capsys.readouterr().out.splitlines()
  assert all(line.startswith('to do  ') for line in lines)
  assert len(set(lines)) == len(lines)
  rows = set(re.findall(r'^(\w+)/grid\.Row\.name', text, re.MULTILINE))
  assert len(lines) % len(rows) == 0
