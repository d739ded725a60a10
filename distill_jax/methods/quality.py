"""How good QCRD takes a rationale to be: s in [0, 1]."""

import dataclasses
from typing import Protocol

import jax
from jaxtyping import Array, Bool, Float, Int

from distill_jax.critics import critic as critic_lib
from distill_jax.methods import method


class Quality(Protocol):
  """Gives every rationale its s."""

  def __call__(
    self,
    params: method.Params,
    questions: Int[Array, 'B S'],
    rationales: Int[Array, 'B M T'],
    positive: Bool[Array, 'B M'],
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B M']:
    """Returns s of each rationale.

    Args:
      params: parameters of each network by name.
      questions: token ids, padded with 0.
      rationales: token ids, padded with 0.
      positive: whether it is there to be learnt from.
      rooms: of questions and rationales.
    """


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judged:
  """The score of a critic, taken without dropout.

  Attributes:
    critic: the network.
  """

  critic: critic_lib.Critic

  def __call__(
    self,
    params: method.Params,
    questions: Int[Array, 'B S'],
    rationales: Int[Array, 'B M T'],
    positive: Bool[Array, 'B M'],
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B M']:
    """As `Quality.__call__`: sigmoid(D(x, r))."""
    del positive
    logits = self.critic.logits(params, questions, rationales, rooms=rooms)
    return jax.nn.sigmoid(logits)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trusted:
  """Nobody judges: every positive is good and every negative bad.

  So s_pos = 1 and 1 - s_neg = 1, as in the ablation of arXiv:2405.13014 before
  its discriminator is added, and no critic is needed.
  """

  def __call__(
    self,
    params: method.Params,
    questions: Int[Array, 'B S'],
    rationales: Int[Array, 'B M T'],
    positive: Bool[Array, 'B M'],
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B M']:
    """As `Quality.__call__`: 1 for a positive, 0 for a negative."""
    del params, questions, rationales, rooms
    return positive.astype('float32')
