"""A run's folder: one configuration, one process."""

import fcntl
import os

import pytest

from distill_jax.training import folder as folder_lib


def test_keeps_the_configuration(tmp_path):
  folder = folder_lib.claim(str(tmp_path / 'run'), 'A = 1\n')
  assert (tmp_path / 'run' / 'config.gin').read_text() == 'A = 1\n'
  assert folder_lib.claim(str(tmp_path / 'run'), 'A = 1\n') == folder
  assert [path.name for path in folder.iterdir()] == ['config.gin']


def test_names_what_differs(tmp_path):
  folder_lib.claim(str(tmp_path), 'A = 1\nB = 2\n')
  with pytest.raises(ValueError, match=r'-A = 1; \+A = 3\); give another'):
    folder_lib.claim(str(tmp_path), 'A = 3\nB = 2\n')


def test_one_process_at_a_time(tmp_path):
  with folder_lib.locked(str(tmp_path)):
    with pytest.raises(ValueError, match=f'by the process {os.getpid()};'):
      with folder_lib.locked(str(tmp_path)):
        pass
  with folder_lib.locked(str(tmp_path)):
    pass


def test_an_error_releases_the_folder(tmp_path):
  with pytest.raises(KeyError):
    with folder_lib.locked(str(tmp_path)):
      raise KeyError
  with folder_lib.locked(str(tmp_path)):
    pass


def test_where_there_are_no_locks_goes_without(tmp_path, monkeypatch):
  def unsupported(*_):
    raise OSError(95, 'Operation not supported')

  monkeypatch.setattr(fcntl, 'flock', unsupported)
  with folder_lib.locked(str(tmp_path)):
    pass
  with folder_lib.locked('gs://bucket/run'):
    pass
