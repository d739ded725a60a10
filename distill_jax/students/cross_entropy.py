"""Cross-entropy over a large vocabulary, without all logits at once."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from distill_jax.students import likelihood
from distill_jax.students import student as student_lib

AT_ONCE = 8192  # tokens: 1 GB of logits over 32,128 ids


def nll(
  project: Callable[[Float[Array, '*B D']], Float[Array, '*B V']],
  hidden: Float[Array, '*B D'],
  targets: Int[Array, '*B'],
  at_once: int = AT_ONCE,
) -> student_lib.TokenNLL:
  """Returns `nats`, with the weights of tokens and padding."""
  return student_lib.TokenNLL(
    nats=nats(project, hidden, targets, at_once),
    weights=(targets > 0).astype(jnp.float32),
  )


def nats(
  project: Callable[[Float[Array, '*B D']], Float[Array, '*B V']],
  hidden: Float[Array, '*B D'],
  targets: Int[Array, '*B'],
  at_once: int,
) -> Float[Array, '*B']:
  """Returns logsumexp(logits) - logits[target] of each token, 0 for padding.

  Where there are more than `at_once` tokens, a loop along the last axis makes
  the float32 logits of so many at a time, forgets them, and makes them again in
  the backward pass: a product more, for a share of the memory. A loss without
  gradient pays nothing.

  Args:
    project: makes logits of vectors; each token's depend on its vector alone.
    hidden: a vector per token.
    targets: ids, 0 for padding.
    at_once: tokens of which there are logits at a time, on all devices that
      share them.
  """
  of = lambda vectors, ids: likelihood.of_logits(project(vectors), ids).nats
  length = targets.shape[-1]
  chunks = min(-(-targets.size // at_once), length)
  if chunks <= 1:
    return of(hidden, targets)
  axis = targets.ndim - 1
  parts = _cut(hidden, axis, chunks), _cut(targets, axis, chunks)
  # Within a loop the compiler has no common subexpression to merge.
  once = jax.checkpoint(of, prevent_cse=False)
  costs = jax.lax.map(lambda part: once(*part), parts)
  whole = jnp.moveaxis(costs, 0, axis)
  return whole.reshape(*targets.shape[:-1], -1)[..., :length]


def require_some(student: Any) -> None:
  """Raises ValueError for a student that may not hold any logits."""
  if student.logits_at_once < 1:
    raise ValueError(
      f'{type(student).__name__}.logits_at_once is {student.logits_at_once}, '
      'expected at least 1 token.'
    )


def _cut(x: Array, axis: int, chunks: int) -> Array:
  """Returns equal parts of x along an axis, filled up with zeros.

  The axes before it may be shared by devices: each keeps its own.
  """
  length = -(-x.shape[axis] // chunks)
  widths = [(0, 0)] * x.ndim
  widths[axis] = (0, length * chunks - x.shape[axis])
  shape = *x.shape[:axis], chunks, length, *x.shape[axis + 1 :]
  return jnp.moveaxis(jnp.pad(x, widths).reshape(shape), axis, 0)
