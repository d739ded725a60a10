"""Random keys that may be absent: no key means no randomness."""

import jax
from jax import Array


def split(rng: Array | None, num: int) -> list[Array | None]:
  """Returns `num` independent keys, or as many None where there is no key."""
  return [None] * num if rng is None else list(jax.random.split(rng, num))
