"""Random keys that may be absent: no key means no randomness."""

import jax
from jax import Array


def split(rng: Array | None, num: int) -> list[Array | None]:
  """Returns `num` independent keys, or as many None where there is no key."""
  return [None] * num if rng is None else list(jax.random.split(rng, num))


def grid(rng: Array | None, shape: tuple[int, ...]) -> Array | None:
  """Returns an array of independent keys, or None where there is no key."""
  return None if rng is None else jax.random.split(rng, shape)
