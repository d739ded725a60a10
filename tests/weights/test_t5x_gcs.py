"""Checkpoints on gs://, against an emulator of Google's storage."""

import itertools

import pytest
from etils import epath

from distill_jax.weights import t5x, t5x_writing
from tests.weights import t5x_trees

pytest.importorskip('gcsfs')
emulator = pytest.importorskip('gcp_storage_emulator.server')


@pytest.fixture(scope='module')
def bucket():
  server = emulator.create_server(
    'localhost', 0, in_memory=True, default_bucket='bucket'
  )
  server.start()
  address = f'http://localhost:{server._api._httpd.server_port}'
  with pytest.MonkeyPatch.context() as patch:
    patch.setenv('STORAGE_EMULATOR_HOST', address)
    patch.setenv('TENSORSTORE_GCS_HTTP_URL', address)
    # TensorFlow's file system, which epath prefers, knows no emulator.
    patch.setattr('etils.epath.gpath._is_tf_installed', lambda: False)
    yield 'gs://bucket'
  server.stop()


@pytest.fixture(scope='module')
def target():
  return t5x_trees.target()


def _named(leaves):
  for name, array in leaves.items():
    yield name.removeprefix('target/'), array


def test_written_and_read(bucket, target):
  state = t5x_trees.state(target)
  folder = t5x_writing.write(
    f'{bucket}/whole', _named(target), state.items(), 1300, t5x_trees.CONFIG
  )
  assert str(folder) == 'gs://bucket/whole/checkpoint_1300'
  assert t5x.is_t5x(f'{bucket}/whole')
  weights = t5x.read(f'{bucket}/whole')
  t5x_trees.require_equal(weights, target | state)
  assert weights.config == t5x_trees.CONFIG


def test_local_checkpoint_that_was_uploaded(bucket, target, tmp_path):
  t5x_trees.save_folder(tmp_path / 'checkpoint_5', target)
  for file in (tmp_path / 'checkpoint_5').rglob('*'):
    if file.is_file():
      to = epath.Path(bucket) / 'uploaded' / file.relative_to(tmp_path)
      to.write_bytes(file.read_bytes())
  weights = t5x.read(f'{bucket}/uploaded', t5x_trees.ACTIVATIONS)
  t5x_trees.require_equal(weights, target)


def test_checkpoint_that_was_downloaded(bucket, target, tmp_path):
  folder = t5x_writing.write(f'{bucket}/remote', _named(target), step=5)
  content = (folder / 'checkpoint').read_bytes()
  assert b't5x-dummy-bucket' in content
  for path in folder.glob('*/*'):
    to = tmp_path / 'checkpoint_5' / path.parent.name / path.name
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(path.read_bytes())
  (tmp_path / 'checkpoint_5' / 'checkpoint').write_bytes(content)
  weights = t5x.read(str(tmp_path), t5x_trees.ACTIVATIONS)
  for name, tensor in weights.tensors.items():
    assert tensor.read().tobytes() == target[f'target/{name}'].tobytes()


def test_missing_chunk(bucket, target):
  folder = t5x_writing.write(f'{bucket}/chunk', _named(target))
  (folder / 'target.token_embedder.embedding' / '0.0').unlink()
  weights = t5x.read(str(folder), t5x_trees.ACTIVATIONS)
  with pytest.raises(ValueError, match=r'token_embedder/embedding.*gs://'):
    weights.tensors['token_embedder/embedding'].read()


def test_nothing_is_left_of_a_failure(bucket, target):
  def breaks():
    yield from itertools.islice(_named(target), 5)
    raise ValueError('the source is damaged')

  with pytest.raises(ValueError, match='source is damaged'):
    t5x_writing.write(f'{bucket}/broken', breaks())
  assert not (epath.Path(bucket) / 'broken').exists()


def test_nothing_is_overwritten(bucket, target):
  t5x_writing.write(f'{bucket}/twice', _named(target))
  with pytest.raises(ValueError, match='checkpoint_0 exists already'):
    t5x_writing.write(f'{bucket}/twice', _named(target))
