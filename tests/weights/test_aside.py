"""Outputs that cannot be written: one sentence, and nothing is left of them."""

import pathlib
import subprocess
import sys
import threading
import time

import pytest

from distill_jax.weights import aside

_LIMIT = 20_000  # bytes that a file may have

_WRITERS = {
  'safetensors': 'tensor_files.write('
  'folder / "model.safetensors", {"a": (a.shape, a.dtype)}, [a])',
  't5x': 't5x_writing.write(folder, [("a/b", a), ("a/c", a), ("a/d", a)])',
  'orbax': 'ocp.save_pytree(folder / "best", {c: a for c in "abcdef"})',
}
_PROGRAM = """
import pathlib, resource, sys
import numpy as np
from orbax.checkpoint import v1 as ocp
from distill_jax.weights import aside, t5x_writing, tensor_files
a = np.random.default_rng(0).standard_normal((200, 200)).astype(np.float32)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
  with aside.folder(pathlib.Path(sys.argv[1])) as folder:
    {writer}
except ValueError as error:
  print(error, end='')
"""


@pytest.mark.parametrize('writer', _WRITERS)
def test_a_file_that_may_not_grow(tmp_path, writer):
  target = tmp_path / 'made' / 'for it' / 'out'
  program = _PROGRAM.format(limit=_LIMIT, writer=_WRITERS[writer])
  done = subprocess.run(
    [sys.executable, '-c', program, str(target)],
    capture_output=True,
    text=True,
    check=True,
  )
  said = f'{target} cannot be written (File too large); nothing is left of it'
  assert done.stdout.startswith(said)
  assert '\n' not in done.stdout
  assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('below', ['out', 'deep/out'])
def test_a_parent_that_is_a_file(tmp_path, below):
  (tmp_path / 'file').write_text('')
  target = tmp_path / 'file' / below
  with (
    pytest.raises(ValueError, match='Not a directory') as caught,
    aside.folder(target),
  ):
    raise AssertionError('there is nothing to write into')
  assert str(caught.value).startswith(f'{target} cannot be written (')
  assert [path.name for path in tmp_path.iterdir()] == ['file']


def test_a_source_that_fails_says_so_itself(tmp_path):
  source = tmp_path / 'source'
  for error in (ValueError('it is damaged'), TimeoutError('no answer')):
    with pytest.raises(type(error), match=str(error)):
      with aside.folder(tmp_path / 'out'):
        raise error
  with pytest.raises(FileNotFoundError, match='source'):
    with aside.folder(tmp_path / 'out'):
      source.read_bytes()
  assert list(tmp_path.iterdir()) == []


def test_a_thread_that_writes_on(tmp_path):
  """As orbax's do: they make the folders anew that they are to write into."""
  ends = time.monotonic() + 0.6

  def write(folder: pathlib.Path):
    while time.monotonic() < ends:
      folder.mkdir(parents=True, exist_ok=True)
      time.sleep(0.02)

  with pytest.raises(KeyboardInterrupt):
    with aside.folder(tmp_path / 'parent' / 'out') as folder:
      thread = threading.Thread(target=write, args=(folder / 'part',))
      thread.start()
      raise KeyboardInterrupt
  thread.join()
  assert list(tmp_path.iterdir()) == []


def test_what_others_wrote_stays(tmp_path):
  with pytest.raises(ValueError, match='damaged'):
    with aside.folder(tmp_path / 'parent' / 'out'):
      (tmp_path / 'parent' / 'theirs').write_text('')
      raise ValueError('damaged')
  assert [path.name for path in tmp_path.rglob('*')] == ['parent', 'theirs']


def test_a_whole_folder_takes_its_place(tmp_path):
  with aside.folder(tmp_path / 'parent' / 'out') as folder:
    (folder / 'file').write_text('whole')
    assert not (tmp_path / 'parent' / 'out').exists()
  assert (tmp_path / 'parent' / 'out' / 'file').read_text() == 'whole'
  assert len(list((tmp_path / 'parent').iterdir())) == 1
  with pytest.raises(ValueError, match='out exists already'):
    with aside.folder(tmp_path / 'parent' / 'out'):
      pass
