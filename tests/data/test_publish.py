import multiprocessing
import os
import shutil
import signal
import threading

import pytest

from distill_jax.data import tokenizer
from tests.data import brought, caches


@pytest.fixture
def source(tmp_path):
  return brought.read(brought.write(tmp_path / 'pens'))


def test_two_builders_at_once_leave_one_cache(source, monkeypatch):
  both = threading.Barrier(2)

  def together(orders, folder):
    caches.tokenise(orders, folder)
    both.wait(20)

  monkeypatch.setattr(tokenizer, 'run', together)
  lengths = []

  def build():
    lengths.append(len(source.open('train')))

  threads = [threading.Thread(target=build) for _ in range(2)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert lengths == [2, 2]
  assert list(source.folder().parent.iterdir()) == [source.folder()]


def test_a_builder_that_is_killed_leaves_nothing_to_open(source, monkeypatch):
  def killed(orders, folder):
    caches.tokenise(orders, folder)
    os.kill(os.getpid(), signal.SIGKILL)

  monkeypatch.setattr(tokenizer, 'run', killed)
  child = multiprocessing.get_context('fork').Process(target=source.build)
  child.start()
  child.join(30)
  assert child.exitcode == -signal.SIGKILL
  (leftover,) = source.folder().parent.iterdir()
  assert leftover.name.startswith('.')

  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  assert len(source.open('train')) == 2
  assert leftover.exists(), 'another builder may still be at work'
  shutil.rmtree(source.folder())
  os.utime(leftover, (0, 0))
  source.build()
  assert not leftover.exists()


def test_a_folder_in_the_way_is_no_cache(source, monkeypatch):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  source.folder().mkdir(parents=True)
  (source.folder() / 'mine.txt').write_text('keep')
  with pytest.raises(OSError, match='not empty'):
    source.build()
  assert (source.folder() / 'mine.txt').exists()


def test_where_seqio_is_missing_the_way_out_is_named(source, monkeypatch):
  found = tokenizer.importlib.util.find_spec
  monkeypatch.setattr(
    tokenizer.importlib.util,
    'find_spec',
    lambda name: None if name == 'seqio' else found(name),
  )
  with pytest.raises(ValueError, match=r'seqio is not installed.*on another'):
    source.build()
