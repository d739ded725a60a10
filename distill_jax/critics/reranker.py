"""KARD's reranker: late interaction of a question and its passages."""

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
class Reranker(boxed.Boxed):
  """Scores a passage by the tokens that each of the question's finds in it.

    f(d, x) = sum over tokens q of x of max over tokens t of d of <q, t>

  q and t are linear projections of what one encoder makes of question and
  passage, each read alone. Padding is no token; the encoder's marks are.

  Source: arXiv:2305.18395, after ColBERT (arXiv:2004.12832) with products for
  cosines. A projection with a bias, marks that count as tokens: as in the
  paper's code, which leaves the gradient of the passages' side away where this
  one follows both.

  Attributes:
    encoder: reads question and passage.
    projection_dim: channels of a token; 768 in the paper.
  """

  reads: ClassVar[tuple[str, ...]] = ('critic',)

  encoder: encoders.TextEncoder
  projection_dim: int = 768

  def __post_init__(self):
    if self.projection_dim < 1:
      raise ValueError(
        f'Reranker.projection_dim is {self.projection_dim}, expected at least '
        '1.'
      )

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
    return self._network.apply(
      {'params': params['critic']},
      questions,
      candidates,
      rngs=None if rng is None else {'dropout': rng},
    )

  def width(self, question: int, passage: int) -> int:
    """Returns the tokens of the longest row, marks included."""
    marks = lambda length: jax.eval_shape(
      self.encoder.single, jax.ShapeDtypeStruct((1, length), jnp.int32)
    )
    return marks(max(question, passage)).ids.shape[1]

  @property
  def _network(self) -> nn.Module:
    return _Network(self.encoder, self.projection_dim)

  def _boxed(self, rng: Array) -> Any:
    question, passage = jnp.ones((1, 1), int), jnp.ones((1, 1, 1), int)
    return self._network.init(rng, question, passage)['params']


class _Network(nn.Module):
  encoder: encoders.TextEncoder
  projection_dim: int

  @nn.compact
  def __call__(
    self, questions: Int[Array, 'B S'], passages: Int[Array, 'B K T']
  ) -> Float[Array, 'B K']:
    module = self.encoder.module('encoder')
    project = affine.Dense(
      self.projection_dim, ('embed', 'score'), jnp.float32, name='projection'
    )

    def vectors(texts: Array) -> tuple[Array, Array]:
      rows = self.encoder.single(texts)
      hidden = self.encoder.read(module, rows)
      return project(hidden.astype(jnp.float32)), rows.ids != 0

    batch, num, width = passages.shape
    asked, asked_valid = vectors(questions)
    found, found_valid = vectors(passages.reshape(batch * num, width))
    return late_interaction(
      asked,
      asked_valid,
      found.reshape(batch, num, *found.shape[1:]),
      found_valid.reshape(batch, num, -1),
    )


def late_interaction(
  questions: Float[Array, 'B S P'],
  question_valid: Array,
  passages: Float[Array, 'B K T P'],
  passage_valid: Array,
) -> Float[Array, 'B K']:
  """Returns for each passage the sum over q of max over t of <q, t>.

  Args:
    questions: a vector per token.
    question_valid: B S, False at padding.
    passages: a vector per token.
    passage_valid: B K T, False at padding; every passage has a valid token.
  """
  products = jnp.einsum('bsp,bktp->bkst', questions, passages)
  products = jnp.where(passage_valid[:, :, None], products, -jnp.inf)
  nearest = jnp.max(products, axis=-1)
  return jnp.sum(jnp.where(question_valid[:, None], nearest, 0.0), axis=-1)
