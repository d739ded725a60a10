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
  project: Callable[[Float[Array, 'B D']], Float[Array, 'B V']],
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
  project: Callable[[Float[Array, 'B D']], Float[Array, 'B V']],
  hidden: Float[Array, '*B D'],
  targets: Int[Array, '*B'],
  at_once: int,
) -> Float[Array, '*B']:
  """Returns logsumexp(logits) - logits[target] of each token, 0 for padding.

  Where there are more than `at_once` tokens, a loop makes the float32 logits of
  so many at a time, forgets them, and makes them again in the backward pass: a
  product more, for a share of the memory. A loss without gradient pays nothing.

  Args:
    project: makes logits of vectors; each token's depend on its vector alone.
    hidden: a vector per token.
    targets: ids, 0 for padding.
    at_once: tokens of which there are logits at a time, on all devices that
      share them.
  """
  shape, size = targets.shape, targets.size
  vectors, ids = hidden.reshape(size, hidden.shape[-1]), targets.reshape(size)
  of = lambda vectors, ids: likelihood.of_logits(project(vectors), ids).nats
  chunks = -(-size // at_once)
  if chunks <= 1:
    return of(vectors, ids).reshape(shape)
  parts = _cut(vectors, chunks), _cut(ids, chunks)
  # Within a loop the compiler has no common subexpression to merge.
  once = jax.checkpoint(of, prevent_cse=False)
  costs = jax.lax.map(lambda part: once(*part), parts)
  return jnp.swapaxes(costs, 0, 1).reshape(-1)[:size].reshape(shape)


def require_some(student: Any) -> None:
  """Raises ValueError for a student that may not hold any logits."""
  if student.logits_at_once < 1:
    raise ValueError(
      f'{type(student).__name__}.logits_at_once is {student.logits_at_once}, '
      'expected at least 1 token.'
    )


def _cut(x: Array, chunks: int) -> Array:
  """Returns x as `chunks` parts, filled up with zeros.

  Part i takes the tokens i, i + chunks, ...: each device keeps its own.
  """
  length = -(-len(x) // chunks)
  filled = jnp.pad(x, [(0, length * chunks - len(x)), *[(0, 0)] * (x.ndim - 1)])
  return jnp.swapaxes(filled.reshape(length, chunks, *x.shape[1:]), 0, 1)
