"""Every mistake in a gin file or on the command line gets one line."""

import pathlib
import re
import shlex

import pytest

from distill_jax.cli import entry

CORPUS = pathlib.Path(__file__).parent / 'gin_corpus'


def _head(path: pathlib.Path, word: str) -> str:
  """What a file of the corpus says behind `# word: `."""
  found = re.search(f'^# {word}: (.*)$', path.read_text(), re.MULTILINE)
  return found.group(1) if found else ''


@pytest.mark.parametrize(
  'path', sorted(CORPUS.glob('*.gin')), ids=lambda p: p.stem
)
def test_a_mistake_stops_with_one_line(path, monkeypatch, capsys):
  monkeypatch.chdir(CORPUS)
  arguments = [f'--gin_file={path.name}', *shlex.split(_head(path, 'with'))]
  if 'MODEL_DIR' not in path.read_text():
    arguments.insert(1, '--gin.MODEL_DIR=/tmp/never_written')
  with pytest.raises(SystemExit) as stopped:
    entry.run('train', '', _never, _never, argv=arguments)
  assert stopped.value.code == 2
  printed = capsys.readouterr()
  assert printed.out == ''
  assert printed.err == f'distill_jax.train: {_head(path, "says")}\n'


def _never(*_):
  raise AssertionError('a mistaken configuration was run')
