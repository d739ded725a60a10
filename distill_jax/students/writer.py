"""A network that has read its inputs and is about to write."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

PAD = 0
EOS = 1


class Writer(NamedTuple):
  """The next-token function of a network, and the state it starts from.

  Attributes:
    step: (tokens B, index, cache) -> (logits B V, cache). It takes the tokens
      before `index`, zeros (the start token) at first.
    cache: a tree of arrays whose first axis is B.
    allowed: the ids that may be written.
    rows: B.
    silent: True for rows without any input, which write nothing.
  """

  step: Callable[[Array, Array, Any], tuple[Array, Any]]
  cache: Any
  allowed: Bool[Array, ' V']
  rows: int
  silent: Bool[Array, ' B']

  def forbid(self, logits: Float[Array, '*B V']) -> Float[Array, '*B V']:
    """Returns the logits with -inf for ids that may not be written."""
    return jnp.where(self.allowed, logits, -jnp.inf)


def allowed(rows: int, limit: int | None) -> Bool[Array, ' V']:
  """Returns the ids that may be written: no padding, none from `limit` on."""
  ids = jnp.arange(rows)
  return (ids != PAD) & (ids < (limit or rows))
