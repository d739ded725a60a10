"""QCRD's discriminator: is this rationale a good one for this question?"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax import batch as batch_lib
from distill_jax.critics import corruption
from distill_jax.critics import critic as critic_lib
from distill_jax.models import boxed, heads, rows, t5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Discriminator(boxed.Boxed):
  """A T5 encoder, max-pooling over tokens, two linear layers.

  A question and its candidate are read as one row without padding between them,
  since T5's relative positions count places, not tokens. An EOS parts the two.

  Source: arXiv:2405.13014, section 3. The width of the head and the parting
  EOS are readings of ours.

  Attributes:
    config: sizes of the encoder.
    hidden_dim: width between the two linear layers of the head.
    eos_id: the piece that parts question and candidate.
  """

  reads: ClassVar[tuple[str, ...]] = ('critic',)

  config: t5.T5Config
  hidden_dim: int = 256
  eos_id: int = 1

  def logits(
    self,
    params: Mapping[str, Any],
    questions: Int[Array, 'B S'],
    candidates: Int[Array, 'B K T'],
    rng: Array | None = None,
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B K']:
    """Returns an unbounded score per candidate; see `critic.Critic.logits`."""
    ids = joined(questions, candidates, self.eos_id)
    scores = self._network.apply(
      {'params': params['critic']},
      ids.reshape(-1, ids.shape[-1]),
      rooms.together(*ids.shape[:2]),
      rngs=None if rng is None else {'dropout': rng},
    )
    return scores.reshape(ids.shape[:2])

  @property
  def _network(self) -> nn.Module:
    return _Network(self.config, self.hidden_dim)

  def _boxed(self, rng: Array) -> Any:
    return self._network.init(rng, jnp.zeros((1, 2), jnp.int32))['params']


class _Network(nn.Module):
  config: t5.T5Config
  hidden_dim: int

  @nn.compact
  def __call__(
    self, ids: Int[Array, 'B S'], room: batch_lib.Room | None = None
  ) -> Float[Array, ' B']:
    valid = ids != 0
    layout = rows.lay(valid, room)
    hidden = t5.Encoder(self.config, name='encoder')(ids, layout)
    score = heads.MaxPoolScore(self.hidden_dim, name='head')
    return score(rows.grid(layout, hidden), valid)


def joined(
  questions: Int[Array, 'B S'], candidates: Int[Array, 'B K T'], eos_id: int
) -> Int[Array, 'B K R']:
  """Returns rows `question EOS candidate`, left-aligned, R = S + 1 + T.

  Example with EOS 1: question [5 6 0] and candidates [[7 1 0]] give
  [[5 6 1 7 1 0 0]].
  """
  batch, num, _ = candidates.shape
  parting = jnp.full((batch, num, 1), eos_id, candidates.dtype)
  repeated = jnp.broadcast_to(
    questions[:, None], (batch, num, questions.shape[-1])
  )
  rows = jnp.concatenate([repeated, parting, candidates], axis=-1)
  return corruption.left_align(rows, rows != 0)
