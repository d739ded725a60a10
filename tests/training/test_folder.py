"""A run's folder: one configuration, one process."""

import fcntl
import os

import pytest

from distill_jax.training import folder as folder_lib


def test_keeps_the_configuration(tmp_path):
  folder = folder_lib.claim(str(tmp_path / 'run'), 'A = 1\n', 'B\n')
  assert (tmp_path / 'run' / 'config.gin').read_text() == 'A = 1\n'
  assert folder_lib.claim(str(tmp_path / 'run'), 'A = 1\n', 'B\n') == folder
  assert (tmp_path / 'run' / 'data.txt').read_text() == 'B\n'
  assert {path.name for path in folder.iterdir()} == {'config.gin', 'data.txt'}


def test_names_what_differs(tmp_path):
  _begin(tmp_path, 'A = 1\nB = 2\n', 'train: 3\n')
  with pytest.raises(ValueError, match=r'-A = 1; \+A = 3\); give another'):
    folder_lib.claim(str(tmp_path), 'A = 3\nB = 2\n', 'train: 3\n')


def test_other_data_are_refused(tmp_path):
  _begin(tmp_path, 'A = 1\n', 'train: 3\n')
  with pytest.raises(
    ValueError, match=r'other data \(-train: 3; \+train: 4\); give another'
  ):
    folder_lib.claim(str(tmp_path), 'A = 1\n', 'train: 4\n')
  assert (tmp_path / 'data.txt').read_text() == 'train: 3\n'


@pytest.mark.parametrize('name', ['checkpoints', 'best'])
def test_a_folder_belongs_to_nobody_before_its_first_checkpoint(name, tmp_path):
  folder_lib.claim(str(tmp_path), 'A = 1\n', 'train: 3\n')
  (tmp_path / name).mkdir()
  folder_lib.claim(str(tmp_path), 'A = 2\n', 'train: 4\n')
  (tmp_path / name / '7').mkdir()
  with pytest.raises(ValueError, match=r'-A = 2; \+A = 3'):
    folder_lib.claim(str(tmp_path), 'A = 3\n', 'train: 4\n')


def test_where_files_lie_is_no_part_of_a_run(tmp_path):
  there = [
    "CACHE_DIR = '~/a'",
    "DATA_DIR = '/a'",
    'LOG_EVERY = 5',
    "MODEL_DIR = 'a'",
    'SEED = 1',
    'run.Run.log_every = 5',
    "source.Source.data_dir = '/a'",
    "vocabulary.Vocabulary.path = '/a'",
  ]
  here = [line.replace("a'", "b'").replace('5', '6') for line in there]
  assert sum(a != b for a, b in zip(there, here, strict=True)) == 7
  _begin(tmp_path, '\n'.join(there), 'train: 3\n')
  folder_lib.claim(str(tmp_path), '\n'.join(here), 'train: 3\n')
  # What ran last is what can be evaluated.
  assert (tmp_path / 'config.gin').read_text() == '\n'.join(here)
  here[4] = 'SEED = 2'
  with pytest.raises(ValueError, match=r'\(-SEED = 1; \+SEED = 2\)'):
    folder_lib.claim(str(tmp_path), '\n'.join(here), 'train: 3\n')


def _begin(folder, config, data):
  folder_lib.claim(str(folder), config, data)
  (folder / 'checkpoints' / '7').mkdir(parents=True)


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
