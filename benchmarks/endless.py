"""Writing that never ends early."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Int

from distill_jax.students import sampling as sampling_lib
from distill_jax.students import writer as writer_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endless:
  """Writes as another way does, but never the end of a text.

  transformers does the same where `min_new_tokens` is `max_new_tokens`.

  Attributes:
    sampling: the other way.
  """

  sampling: sampling_lib.Sampling

  @property
  def max_tokens(self) -> int:
    """T, the length of every text."""
    return self.sampling.max_tokens

  def __call__(
    self, writer: writer_lib.Writer, keys: Array | None = None
  ) -> Int[Array, 'B T']:
    """Returns the tokens, none of them an end or padding."""
    ids = jnp.arange(len(writer.allowed))
    allowed = writer.allowed & (ids != writer_lib.EOS)
    return self.sampling(writer._replace(allowed=allowed), keys)
