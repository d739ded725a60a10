"""A text as one vector: the encoder of a dense retriever."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float, Int

from distill_jax import keys
from distill_jax.critics import critic as critic_lib
from distill_jax.critics import encoders
from distill_jax.models import boxed


class Table(NamedTuple):
  """The N passages of a corpus, as far as a step needs them.

  Attributes:
    embeddings: e(d), by an encoder that stays as it began.
    texts: what a student reads of each, as its token ids, padded with 0.
  """

  embeddings: Float[Array, 'N D']
  texts: Int[Array, 'N T']


@dataclasses.dataclass(frozen=True)
class First:
  """The vector of the first token: BERT's [CLS], as in DPR."""

  def __call__(
    self, hidden: Float[Array, 'B S D'], valid: Bool[Array, 'B S']
  ) -> Float[Array, 'B D']:
    """Returns one vector per row."""
    del valid
    return hidden[:, 0]


@dataclasses.dataclass(frozen=True)
class Average:
  """The mean over tokens, for encoders without a [CLS]."""

  def __call__(
    self, hidden: Float[Array, 'B S D'], valid: Bool[Array, 'B S']
  ) -> Float[Array, 'B D']:
    """Returns one vector per row; every row has a valid token."""
    kept = valid[..., None].astype(hidden.dtype)
    return jnp.sum(hidden * kept, axis=1) / jnp.sum(kept, axis=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DenseEncoder(boxed.Boxed):
  """One vector per text; the score of a passage is the product q(x) . e(d).

  The same network with other parameters reads questions and passages: those
  of questions are trained, those of passages stay, for else the whole corpus
  would have to be read anew after every step.

  Source: DPR, arXiv:2004.04906, section 3; as trained in RAG,
  arXiv:2005.11401, section 2.4.

  Attributes:
    encoder: reads a text.
    pool: makes one vector of those of the tokens: `First` (DPR's) or `Average`.
  """

  reads: ClassVar[tuple[str, ...]] = ('critic',)

  encoder: encoders.TextEncoder
  pool: Callable[..., Array] = First()

  @property
  def config(self) -> Any:
    """The sizes of the encoder."""
    return self.encoder.config

  def vectors(
    self,
    params: Mapping[str, Any],
    texts: Int[Array, 'B S'],
    rng: Array | None = None,
  ) -> Float[Array, 'B D']:
    """Returns the vector of each text, in float32.

    Args:
      params: of the encoder, for questions or for passages.
      texts: token ids without marks, padded with 0.
      rng: key of the dropout; None for no dropout.
    """
    return self._network.apply(
      {'params': params},
      texts,
      rngs=None if rng is None else {'dropout': rng},
    )

  def logits(
    self,
    params: Mapping[str, Any],
    questions: Int[Array, 'B S'],
    candidates: Int[Array, 'B K T'],
    rng: Array | None = None,
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B K']:
    """Returns q(x) . e(d) where one encoder reads both; see `critic.Critic`.

    So it is trained as DPR is, before it searches: a `methods.ranking.Ranking`
    by cross-entropy.
    """
    del rooms
    own = params['critic']
    asking, reading = keys.split(rng, 2)
    batch, number, width = candidates.shape
    rows = candidates.reshape(batch * number, width)
    found = self.vectors(own, rows, reading).reshape(batch, number, -1)
    return jnp.einsum('bd,bkd->bk', self.vectors(own, questions, asking), found)

  def width(self, question: int, passage: int) -> int:
    """Returns the tokens of the longest row, marks included."""
    longest = jax.ShapeDtypeStruct((1, max(question, passage)), jnp.int32)
    return jax.eval_shape(self.encoder.single, longest).ids.shape[1]

  @property
  def _network(self) -> nn.Module:
    return _Network(self.encoder, self.pool)

  def _boxed(self, rng: Array) -> Any:
    return self._network.init(rng, jnp.ones((1, 1), int))['params']


class _Network(nn.Module):
  encoder: encoders.TextEncoder
  pool: Callable[..., Array]

  @nn.compact
  def __call__(self, texts: Int[Array, 'B S']) -> Float[Array, 'B D']:
    rows = self.encoder.single(texts)
    hidden = self.encoder.read(self.encoder.module('encoder'), rows)
    return self.pool(hidden.astype(jnp.float32), rows.ids != 0)


def nearest(
  questions: Float[Array, 'B D'], passages: Float[Array, 'N D'], k: int
) -> Int[Array, 'B K']:
  """Returns the numbers of the k passages of the largest products.

  The best one first; of equal ones the earlier. No gradient.
  """
  scores = jax.lax.stop_gradient(questions) @ jax.lax.stop_gradient(passages).T
  return jax.lax.top_k(scores, k)[1]
