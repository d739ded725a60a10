"""QCRD with real, tiny networks instead of tables."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax import batch as batch_lib
from distill_jax.critics import discriminator
from distill_jax.losses import mean, ranking
from distill_jax.methods import qcrd, quality
from distill_jax.models import t5
from distill_jax.students import encoder_decoder

_CONFIG = t5.T5Config(
  vocab_size=24,
  emb_dim=16,
  num_heads=2,
  head_dim=8,
  mlp_dim=16,
  num_encoder_layers=1,
  num_decoder_layers=1,
)
_STUDENT = encoder_decoder.EncoderDecoder(config=_CONFIG)
_CRITIC = discriminator.Discriminator(config=_CONFIG, hidden_dim=8)
# Three questions: all slots filled; one of each kind; no rationale at all.
_BATCH = batch_lib.Batch(
  label_inputs=jnp.array([[5, 6, 1], [7, 1, 0], [8, 9, 1]], jnp.int32),
  label_targets=jnp.array([[9, 1], [9, 1], [10, 1]], jnp.int32),
  rationale_inputs=jnp.array([[4, 6, 1], [4, 1, 0], [4, 9, 1]], jnp.int32),
  questions=jnp.array([[6, 0], [7, 0], [8, 9]], jnp.int32),
  positives=jnp.array(
    [[[3, 4, 1], [7, 1, 0]], [[6, 6, 6], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]],
    jnp.int32,
  ),
  negatives=jnp.array(
    [[[5, 4, 1], [2, 1, 0]], [[0, 0, 0], [9, 1, 0]], [[0, 0, 0], [0, 0, 0]]],
    jnp.int32,
  ),
  positive_valid=jnp.array([[1, 1], [1, 0], [0, 0]], bool),
  negative_valid=jnp.array([[1, 1], [0, 1], [0, 0]], bool),
  weights=jnp.ones(3, jnp.float32),
  example_index=jnp.arange(3),
)


@pytest.fixture(scope='module')
def params():
  init = lambda rng: {
    'student': _STUDENT.init(rng),
    'critic': _CRITIC.init(rng),
  }
  return jax.jit(init)(jax.random.key(0))


def _gradients(method, params, rng):
  """Returns the gradients in both networks."""
  return jax.jit(
    jax.grad(lambda params: mean.objective(method(params, _BATCH, rng)))
  )(params)


def _largest(tree) -> float:
  return max(float(np.max(np.abs(leaf))) for leaf in jax.tree.leaves(tree))


@pytest.mark.parametrize('seed', [None, 0])
def test_the_students_loss_moves_the_student_alone(params, seed):
  rng = None if seed is None else jax.random.key(seed)
  judge = quality.Judged(critic=_CRITIC)
  method = qcrd.QCRD(student=_STUDENT, quality=judge, margin=20.0)
  grads = _gradients(method, params, rng)
  assert np.isfinite(_largest(grads['student']))
  assert _largest(grads['student']) > 0
  assert _largest(grads['critic']) == 0.0


def test_the_critics_loss_moves_the_critic_alone(params):
  method = qcrd.Discrimination(critic=_CRITIC, loss=ranking.exponential_ratio)
  grads = _gradients(method, params, jax.random.key(0))
  assert np.isfinite(_largest(grads['critic']))
  assert _largest(grads['critic']) > 0
  assert _largest(grads['student']) == 0.0
