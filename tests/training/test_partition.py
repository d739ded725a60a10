"""Shapes and places of what nobody has made yet."""

import jax
import pytest

from distill_jax.training import optimizers, partition
from tests.training import small


@pytest.mark.parametrize(
  'optimizer', [optimizers.AdamW(max_norm=1.0), optimizers.Adafactor()]
)
def test_an_abstract_state_is_like_a_real_one(optimizer, data, tmp_path):
  run, _ = small.load(tmp_path, data)
  mesh = partition.Mesh(data=1).build()
  transform = optimizer.build(5)
  make = lambda params: partition.init_optimizer(mesh, transform, params)
  abstract = partition.abstract_parameters(mesh, run.student)
  params = partition.init_parameters(mesh, run.student, jax.random.key(0))
  assert _facts(abstract) == _facts(params)
  expected = make(params)
  found = make(abstract)
  assert jax.tree.structure(found) == jax.tree.structure(expected)
  assert _facts(found) == _facts(expected)
  assert not [
    leaf for leaf in jax.tree.leaves(found) if isinstance(leaf, jax.Array)
  ]


def _facts(tree):
  return [(x.shape, x.dtype, x.sharding) for x in jax.tree.leaves(tree)]


@pytest.mark.parametrize(
  ('rules', 'words'),
  [
    (
      (('embd', 'data'),),
      r"Mesh.rules has \('embd', 'data'\), expected one of",
    ),
    ((('embed', 'rows'),), r"'embed', 'rows'.* with 'data', 'model' or None"),
    ((('embed', 'data'),), 'Mesh.rules lacks .*vocab'),
  ],
)
def test_rules_that_say_nothing_are_refused(rules, words):
  with pytest.raises(ValueError, match=words):
    partition.Mesh(rules=rules)
