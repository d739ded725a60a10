"""A reranker that reads question and passage together."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.critics import critic as critic_lib
from distill_jax.critics import encoders
from distill_jax.models import affine, boxed


@dataclasses.dataclass(frozen=True, kw_only=True)
class CrossEncoder(boxed.Boxed):
  """A linear score of the first token of `question, passage` as one row.

  With BERT that token is [CLS] (arXiv:1901.04085). A passage is read anew for
  every question, so it is slower than late interaction and sees more.

  Attributes:
    encoder: reads the pair.
  """

  reads: ClassVar[tuple[str, ...]] = ('critic',)

  encoder: encoders.TextEncoder

  @property
  def config(self) -> Any:
    """The sizes of the encoder."""
    return self.encoder.config

  def logits(
    self,
    params: Mapping[str, Any],
    questions: Int[Array, 'B S'],
    candidates: Int[Array, 'B K T'],
    rng: Array | None = None,
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B K']:
    """Returns the score of each passage; see `critic.Critic.logits`."""
    del rooms
    batch, num, width = candidates.shape
    scores = self._network.apply(
      {'params': params['critic']},
      jnp.repeat(questions, num, axis=0),
      candidates.reshape(batch * num, width),
      rngs=None if rng is None else {'dropout': rng},
    )
    return scores.reshape(batch, num)

  def width(self, question: int, passage: int) -> int:
    """Returns the tokens of the longest row, marks included."""
    texts = [
      jax.ShapeDtypeStruct((1, length), jnp.int32)
      for length in (question, passage)
    ]
    return jax.eval_shape(self.encoder.pair, *texts).ids.shape[1]

  @property
  def _network(self) -> nn.Module:
    return _Network(self.encoder)

  def _boxed(self, rng: Array) -> Any:
    text = jnp.ones((1, 1), int)
    return self._network.init(rng, text, text)['params']


class _Network(nn.Module):
  encoder: encoders.TextEncoder

  @nn.compact
  def __call__(
    self, questions: Int[Array, 'B S'], passages: Int[Array, 'B T']
  ) -> Float[Array, ' B']:
    rows = self.encoder.pair(questions, passages)
    module = self.encoder.module('encoder')
    first = self.encoder.read(module, rows)[:, 0].astype(jnp.float32)
    score = affine.Dense(1, ('embed', 'score'), jnp.float32, name='score')
    return score(first)[:, 0]
