"""Many candidates scored with the memory of a few."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from distill_jax.critics import critic as critic_lib


def logits(
  critic: critic_lib.Critic,
  params: Mapping[str, Any],
  questions: Int[Array, 'B S'],
  candidates: Int[Array, 'B K T'],
  size: int,
) -> Float[Array, 'B K']:
  """Returns the critic's scores, computed for `size` candidates at a time.

  No more than B * size candidates are read at once. Without dropout.

  Args:
    critic: what scores.
    params: parameters by network.
    questions: token ids, padded with 0.
    candidates: token ids, padded with 0.
    size: candidates of each question that are scored together.
  """
  num = candidates.shape[1]
  filled = jnp.pad(candidates, ((0, 0), (0, -num % size), (0, 0)))
  parts = filled.reshape(len(filled), -1, size, filled.shape[-1])
  found = jax.lax.map(
    lambda part: critic.logits(params, questions, part), parts.swapaxes(0, 1)
  )
  return found.swapaxes(0, 1).reshape(len(filled), -1)[:, :num]
