"""What every student can do, whatever its network."""

import dataclasses
from typing import Any, ClassVar, Protocol

import jax
from jaxtyping import Array, Bool, Float, Int

from distill_jax import batch as batch_lib
from distill_jax.students import sampling as sampling_lib

Params = Any  # a tree of float32 arrays


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class Encoded:
  """An input as the student read it.

  Attributes:
    hidden: a vector per token.
    valid: False for padding.
  """

  hidden: Float[Array, 'B S D']
  valid: Bool[Array, 'B S']


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class TokenNLL:
  """Negative log-likelihood of each token.

  Attributes:
    nats: -log p(token | input, tokens before it); 0 for padding.
    weights: 1 for a token, 0 for padding. The mean over a sequence divides by
      max(sum of weights, 1), so that an empty one has nll 0.
  """

  nats: Float[Array, 'B T']
  weights: Float[Array, 'B T']


class Student(Protocol):
  """A model that reads an input once and scores or writes targets for it.

  `rng` is the key of the dropout, or of the samples; without it the student is
  deterministic. A `room` says how many tokens are real, so that padding may be
  left out of the work; the result is the same.

  Attributes:
    leaves_padding_out: whether it makes use of rooms.
  """

  leaves_padding_out: ClassVar[bool]

  def init(self, rng: Array) -> Params:
    """Returns fresh parameters."""

  def encode(
    self,
    params: Params,
    inputs: Int[Array, 'B S'],
    rng: Array | None = None,
    room: batch_lib.Room | None = None,
  ) -> Encoded:
    """Returns the inputs as read.

    Args:
      params: parameters.
      inputs: ids, padded with 0.
      rng: key of the dropout.
      room: of the inputs.
    """

  def nll(
    self,
    params: Params,
    encoded: Encoded,
    targets: Int[Array, 'M T'],
    rng: Array | None = None,
    row_ids: Int[Array, ' M'] | None = None,
    room: batch_lib.Room | None = None,
  ) -> TokenNLL:
    """Returns the nats each target token costs.

    Args:
      params: parameters.
      encoded: B inputs.
      targets: ids, padded with 0; K = M / B rows for each input, behind one
        another.
      rng: key of the dropout.
      row_ids: a number per target, on which alone its dropout depends; its
        position by default.
      room: of the targets.
    """

  def logits(
    self,
    params: Params,
    encoded: Encoded,
    targets: Int[Array, 'B T'],
    rng: Array | None = None,
  ) -> Float[Array, 'B T V']:
    """Returns the float32 logits that `nll` is made of, also for padding."""

  def sample(
    self,
    params: Params,
    encoded: Encoded,
    sampling: sampling_lib.Sampling,
    rng: Array | None = None,
    row_ids: Int[Array, ' B'] | None = None,
  ) -> Int[Array, 'B T']:
    """Returns T = sampling.max_tokens tokens: text, EOS if it came, padding."""
