"""MI's losses against plain loops and the calls of the released code."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from distill_jax.losses import agreement

_VOCAB = 7
_SIZES = [(2, 4), (3, 1), (1, 3)]  # tokens of label and rationale
_LOSSES = [agreement.released, agreement.corrected]


def _softmax(row):
  largest = max(row)
  parts = [math.exp(x - largest) for x in row]
  return [part / sum(parts) for part in parts]


def _peaks(rows):
  return [max(column) for column in zip(*map(_softmax, rows))]


def _released(label, rationale):
  """Of one question, from lists of rows of logits, padding among them."""
  second = _softmax(_peaks(rationale))
  return -sum(p * math.log(e) for p, e in zip(_peaks(label), second))


def _corrected(label, rationale):
  """The same from rows of tokens alone."""
  p, e = _peaks(label), _peaks(rationale)
  return -sum(
    a / sum(p) * math.log(b / sum(e)) for a, b in zip(p, e, strict=True)
  )


def _case(seed, label_width=3, rationale_width=4):
  """Returns logits and masks of questions of different lengths."""
  rng = np.random.default_rng(seed)
  draw = lambda width: rng.normal(0, 2, (len(_SIZES), width, _VOCAB))
  label, rationale = draw(label_width), draw(rationale_width)
  lengths = np.array(_SIZES)
  return (
    label.astype(np.float32),
    np.arange(label_width) < lengths[:, :1],
    rationale.astype(np.float32),
    np.arange(rationale_width) < lengths[:, 1:],
  )


@pytest.mark.parametrize('seed', range(3))
def test_released_equals_a_loop_with_padding(seed):
  label, label_valid, rationale, rationale_valid = _case(seed)
  found = agreement.released(label, label_valid, rationale, rationale_valid)
  expected = [_released(*pair) for pair in zip(label, rationale)]
  np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize('seed', range(3))
def test_corrected_equals_a_loop_over_ragged_lists(seed):
  label, label_valid, rationale, rationale_valid = _case(seed)
  found = agreement.corrected(label, label_valid, rationale, rationale_valid)
  expected = [
    _corrected(label[i, :short], rationale[i, :long])
    for i, (short, long) in enumerate(_SIZES)
  ]
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_released_is_torchs_cross_entropy_of_two_maxima():
  torch = pytest.importorskip('torch')
  label, label_valid, rationale, rationale_valid = _case(4)
  p = torch.softmax(torch.tensor(label), dim=-1).max(dim=1).values
  e = torch.tensor(rationale, requires_grad=True)
  loss = torch.nn.functional.cross_entropy(
    torch.softmax(e, dim=-1).max(dim=1).values, p
  )
  loss.backward()

  def ours(rationale):
    return jnp.mean(
      agreement.released(label, label_valid, rationale, rationale_valid)
    )

  value, grad = jax.value_and_grad(ours)(rationale)
  np.testing.assert_allclose(value, loss.item(), rtol=1e-5)
  np.testing.assert_allclose(grad, e.grad.numpy(), atol=1e-6)


def test_corrected_has_no_gradient_in_padding_and_is_least_at_the_label():
  label, label_valid, _, _ = _case(5)
  loss = lambda x, valid: jnp.sum(
    agreement.corrected(label, label_valid, x, valid)
  )
  # The same predictions twice: the cross-entropy is at its least, the entropy.
  assert np.max(np.abs(jax.grad(loss)(label, label_valid))) < 1e-6
  _, _, rationale, rationale_valid = _case(5)
  grad = jax.grad(loss)(rationale, rationale_valid)
  assert not np.any(grad[~rationale_valid])
  assert np.all(np.any(grad, axis=(1, 2)))


def test_padding_changes_the_released_form_alone():
  label, label_valid, rationale, rationale_valid = _case(6)
  noise = np.random.default_rng(0).normal(0, 9, rationale.shape)
  longer = np.concatenate([rationale, noise.astype(np.float32)], axis=1)
  valid = np.concatenate([rationale_valid, 0 * rationale_valid], axis=1)
  for loss, moves in zip(_LOSSES, (True, False)):
    short = loss(label, label_valid, rationale, rationale_valid)
    long = loss(label, label_valid, longer, valid > 0)
    assert (np.max(np.abs(short - long)) > 1e-4) == moves


@pytest.mark.parametrize('loss', _LOSSES)
def test_the_label_has_no_gradient(loss):
  _, label_valid, rationale, rationale_valid = _case(7)
  grad = jax.grad(
    lambda x: jnp.sum(loss(x, label_valid, rationale, rationale_valid))
  )(_case(7)[0])
  assert not np.any(grad)


@pytest.mark.parametrize('loss', _LOSSES)
def test_empty_texts_and_far_logits_stay_finite(loss):
  label, valid, rationale, other = _case(8)
  objective = lambda x: jnp.sum(loss(1e4 * label, 0 * valid > 0, x, other > 1))
  value, grad = jax.value_and_grad(objective)(1e4 * rationale)
  assert np.isfinite(value)
  assert np.all(np.isfinite(grad))
