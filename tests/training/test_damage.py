"""Damaged files: what is read is what was written, or nothing is.

Every file of a checkpoint is cut, emptied, removed, and struck by one bit in
places of all kinds.
"""

import logging
import random
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from etils import epath

from distill_jax.training import checkpoints, checksums

_FACTS = {'window': {'loss': [0.25, 3.0]}}


def _tree(seed):
  rng = np.random.default_rng(seed)
  return {
    'params': {'kernel': jnp.asarray(rng.normal(size=(80, 512)), jnp.float32)},
    'queue': jnp.asarray(rng.integers(99, size=(3, 16)), jnp.int32),
    'count': jnp.asarray(seed, jnp.int32),
  }


@pytest.fixture(scope='module')
def written(tmp_path_factory):
  """The folder of two checkpoints, and the second one's files by name."""
  folder = tmp_path_factory.mktemp('written')
  with checkpoints.opened(epath.Path(folder) / 'checkpoints', 2) as store:
    for step in (1, 2):
      store.save(step, _tree(step), _FACTS)
  newest = folder / 'checkpoints' / '2'
  files = {}
  for path in sorted(newest.rglob('*')):
    if path.is_file():
      name = str(path.relative_to(newest))
      # Arrays lie in files of random names.
      files[f'{name[:-32]}0' if len(path.name) == 32 else name] = path
  return folder, files


def _empty(content, _):
  return b''


def _half(content, _):
  return content[: len(content) // 2]


def _lose_the_end(content, _):
  return content[:-1]


def _flip(content, rng):
  flipped = bytearray(content)
  flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
  return bytes(flipped)


_FILES = (
  '_CHECKPOINT_METADATA',
  'commit_success.txt',
  'state/_METADATA',
  'state/_sharding',
  'state/array_metadatas/process_0',
  'state/commit_success.txt',
  'state/d/0',
  'state/manifest.ocdbt',
  'state/ocdbt.process_0/d/0',
  'state/ocdbt.process_0/manifest.ocdbt',
)


def test_all_files_are_struck(written):
  assert set(written[1]) == set(_FILES)


def _damaged(written, name, damage, seed, folder):
  """Returns a copy of the checkpoints with one damaged file; None: removed."""
  source, files = written
  shutil.copytree(source, folder, dirs_exist_ok=True)
  path = folder / files[name].relative_to(source)
  if damage is None:
    path.unlink()
  else:
    path.write_bytes(damage(path.read_bytes(), random.Random(seed)))
  return epath.Path(folder) / 'checkpoints'


def _assert_is(tree, step):
  jax.tree.map(np.testing.assert_array_equal, tree, _tree(step))


@pytest.mark.parametrize('name', _FILES)
@pytest.mark.parametrize(
  ('damage', 'seeds'),
  [(None, 1), (_empty, 1), (_half, 1), (_lose_the_end, 1), (_flip, 8)],
)
def test_never_anything_but_what_was_written(
  written, name, damage, seeds, tmp_path, caplog
):
  for seed in range(seeds):
    folder = _damaged(written, name, damage, seed, tmp_path / str(seed))
    caplog.clear()
    with (
      caplog.at_level(logging.WARNING, logger='distill_jax'),
      checkpoints.opened(folder, keep=2) as store,
    ):
      step, tree, facts = store.load_newest(lambda _: _tree(0))
      _assert_is(tree, step)
      assert facts == _FACTS
      aside = step == 1
      assert aside == (folder.parent / 'damaged' / 'checkpoints-2').is_dir()
      assert aside == any('It is set aside' in one for one in caplog.messages)
      assert store.steps() == ([1] if aside else [1, 2])


def test_a_large_array_is_known_again(written, tmp_path):
  """No check of orbax covers it: each flip must be found by our sums."""
  name = max(written[1], key=lambda one: written[1][one].stat().st_size)
  for seed in range(16):
    folder = _damaged(written, name, _flip, seed, tmp_path / str(seed))
    with checkpoints.opened(folder, keep=2) as store:
      with pytest.raises(checkpoints.DamagedError):
        store.load(2, _tree(0))
      with pytest.raises(checkpoints.DamagedError):
        store.load_part(2, {'params': _tree(0)['params']})
      _assert_is(store.load(1, _tree(0)), 1)


@pytest.mark.parametrize('name', _FILES[:3])
@pytest.mark.parametrize('damage', [None, _empty, _flip])
def test_a_reader_says_it_in_one_sentence(written, name, damage, tmp_path):
  folder = _damaged(written, name, damage, 1, tmp_path)
  try:
    with checkpoints.opened(folder) as store:
      _assert_is(store.load(2, _tree(0)), 2)
  except checkpoints.DamagedError as error:
    assert str(error) == (
      f'The checkpoint {folder}/2 cannot be read: its files are damaged or '
      'missing.'
    )
  assert not (folder.parent / 'damaged').exists()


def _misspell(content, _):
  return content.replace(b'commit_timestamp', b'cnmmit_timestamp')


def test_one_that_orbax_does_not_open_is_set_aside(written, tmp_path):
  folder = _damaged(written, _FILES[0], _misspell, 0, tmp_path)
  with pytest.raises(checkpoints.DamagedError, match='2 cannot be read'):
    checkpoints.Store(folder)
  with checkpoints.opened(folder, keep=2) as store:
    assert store.steps() == [1]
  assert (tmp_path / 'damaged' / 'checkpoints-2').is_dir()


def test_where_none_can_be_opened_nothing_moves(written, tmp_path):
  folder = _damaged(written, _FILES[0], _misspell, 0, tmp_path)
  facts = folder / '1' / _FILES[0]
  facts.write_bytes(_misspell(facts.read_bytes(), None))
  with pytest.raises(checkpoints.DamagedError, match='2 cannot be read'):
    checkpoints.Store(folder, keep=2)
  assert {path.name for path in folder.iterdir()} == {'1', '2'}


def _by_hand(x):
  """The sum of `checksums` as a loop over bytes."""
  total = 0
  for place, element in enumerate(np.asarray(x).reshape(-1)):
    bits = int.from_bytes(element.tobytes(), 'little')
    total += _mixed(_mixed(place * 0x9E3779B1 % 2**32) ^ bits)
  return total % 2**32


def _mixed(x):
  x = (x ^ (x >> 16)) * 0x85EBCA6B % 2**32
  x = (x ^ (x >> 13)) * 0xC2B2AE35 % 2**32
  return x ^ (x >> 16)


@pytest.mark.parametrize(
  'x',
  [
    np.float32(-0.5),
    np.linspace(-1, 1, 105, dtype=np.float32).reshape(3, 5, 7),
    jnp.linspace(-1, 1, 12, dtype=jnp.bfloat16).reshape(4, 3),
    np.arange(-4, 4, dtype=np.int8),
    np.array([True, False, True]),
  ],
)
def test_sums_by_hand(x):
  assert checksums.sums({'x': jnp.asarray(x)}) == {'x': _by_hand(x)}


def test_sums_do_not_depend_on_where_an_array_lies():
  x = jnp.arange(64.0).reshape(8, 8)
  mesh = jax.make_mesh((jax.device_count(),), ('data',))
  for axes in ((), ('data',), (None, 'data')):
    place = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes))
    assert checksums.sums([jax.device_put(x, place)]) == {'0': _by_hand(x)}


@pytest.mark.parametrize('size', [2, 4, 1024])
@pytest.mark.parametrize('bit', [31, 30, 0])
def test_many_flips_do_not_cancel(size, bit):
  rng = np.random.default_rng(size + bit)
  x = rng.normal(size=4096).astype(np.float32)
  written = checksums.sums([jnp.asarray(x)])
  for _ in range(50):
    struck = x.copy()
    first = rng.integers(len(x) - size + 1)
    struck[first : first + size].view(np.uint32)[:] ^= np.uint32(1 << bit)
    assert checksums.sums([jnp.asarray(struck)]) != written
    moved = x.copy()
    moved[[first, first + 1]] = x[[first + 1, first]]
    assert checksums.sums([jnp.asarray(moved)]) != written


def test_is_read_as_another_type_and_checked_as_its_own(tmp_path):
  tree = {'x': jnp.linspace(-1, 1, 12, dtype=jnp.bfloat16)}
  with checkpoints.opened(epath.Path(tmp_path) / 'checkpoints', 1) as store:
    store.save(1, tree)
    store.wait()
    found = store.load(1, {'x': jnp.zeros(12, jnp.float32)})['x']
  assert found.dtype == jnp.float32
  np.testing.assert_array_equal(found, tree['x'].astype(jnp.float32))
