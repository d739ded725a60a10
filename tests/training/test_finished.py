"""The student of a run as tensors that are read one at a time."""

import dataclasses
import gc

import jax
import numpy as np
import pytest
from etils import epath

from distill_jax.models import repeat
from distill_jax.training import checkpoints, finished, portions
from distill_jax.weights import template
from tests.training import small


def _flat(tree) -> dict[str, np.ndarray]:
  return {
    jax.tree_util.keystr(path, simple=True, separator='/'): np.asarray(leaf)
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
  }


@pytest.fixture
def swept():
  """Keeps what is there out of the garbage collection of every portion."""
  gc.collect()
  gc.freeze()
  yield
  gc.unfreeze()


@pytest.mark.parametrize('size', [1, 2000, 2**27])
def test_every_array_is_that_of_orbax(undisturbed, swept, monkeypatch, size):
  monkeypatch.setattr(portions, '_BYTES', size)
  weights = finished.read(epath.Path(undisturbed))
  stored = small.parameters(undisturbed, 'best')
  assert len(weights.tensors) == len(stored)
  for name, tensor in weights.tensors.items():
    key = ''.join(f"['{word}']" for word in ('student', *name.split('/')))
    array = tensor.read()
    assert (array.shape, array.dtype) == (tensor.shape, tensor.dtype)
    np.testing.assert_array_equal(array, stored[key])
  (step,) = (int(path.name) for path in (undisturbed / 'best').iterdir())
  assert weights.step == step


def test_stacked_layers_come_one_by_one(undisturbed, data, tmp_path):
  run, _ = small.load(undisturbed, data)
  config = dataclasses.replace(run.student.config, scan_layers=True)
  student = dataclasses.replace(run.student, config=config)
  params = student.init(jax.random.key(0))
  folder = epath.Path(tmp_path)
  with checkpoints.opened(folder / 'best', keep=1) as store:
    store.save(7, {'student': params}, finished.about(student))
  weights = finished.read(folder)
  expected = _flat(repeat.unstack(params))
  assert weights.tensors.keys() == expected.keys()
  for name, array in expected.items():
    np.testing.assert_array_equal(weights.tensors[name].read(), array)


def test_what_is_written_sparingly_is_read_again(undisturbed, tmp_path):
  source = finished.read(epath.Path(undisturbed))
  finished.write(epath.Path(tmp_path), source.config, source.tensors)
  written = finished.read(epath.Path(tmp_path))
  assert written.config == source.config
  for name, tensor in source.tensors.items():
    assert written.tensors[name].read().tobytes() == tensor.read().tobytes()


def test_an_array_may_be_larger_than_what_is_spared(tmp_path, monkeypatch):
  monkeypatch.setattr(checkpoints, '_SPARED', 16)
  tree = {'large': np.arange(5000.0), 'small': np.arange(3.0)}
  with checkpoints.sparing(tree['large'].nbytes):
    with checkpoints.opened(epath.Path(tmp_path), keep=1) as store:
      store.save(1, tree)
  with checkpoints.opened(epath.Path(tmp_path)) as store:
    found = store.load(1, tree)
  np.testing.assert_array_equal(found['large'], tree['large'])


def test_no_student_is_one_sentence(tmp_path):
  folder = epath.Path(tmp_path)
  assert not finished.is_finished(folder)
  with pytest.raises(ValueError, match='has no best student yet'):
    finished.read(folder)


def test_a_student_that_says_nothing_of_itself(undisturbed, data, tmp_path):
  folder = epath.Path(tmp_path)
  student = small.load(undisturbed, data)[0].student
  with checkpoints.opened(folder / 'best', keep=1) as store:
    store.save(1, {'student': student.init(jax.random.key(0))})
  config = finished.read(folder, student.config.mlp_activations).config
  assert template.architecture(config) == template.architecture(student.config)
  with pytest.raises(ValueError, match='does not say its activations'):
    finished.read(folder)


def test_a_student_that_is_replaced_meanwhile(undisturbed, data, tmp_path):
  folder = epath.Path(tmp_path)
  student = small.load(undisturbed, data)[0].student
  params = {'student': student.init(jax.random.key(0))}
  with checkpoints.opened(folder / 'best', keep=1) as store:
    store.save(1, params, finished.about(student))
    store.wait()
    weights = finished.read(folder)
    store.save(2, params, finished.about(student))
  with pytest.raises(ValueError, match='saved a better student meanwhile'):
    for tensor in weights.tensors.values():
      tensor.read()
