"""A critic that is trained by LoRA."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
from jaxtyping import Array, Float, Int

from distill_jax.critics import critic as critic_lib
from distill_jax.models import lora


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adapted:
  """A critic whose products move by low-rank factors alone.

  At first it scores as the critic does. Only `trained` parameters have moments.

  Attributes:
    critic: with parameters of its own alone.
    low_rank: which products, and by what.
  """

  reads: ClassVar[tuple[str, ...]] = ('critic',)

  critic: critic_lib.Critic
  low_rank: lora.LowRank = lora.LowRank()

  @property
  def config(self) -> Any:
    """The sizes of the critic's encoder."""
    return self.critic.config

  @property
  def encoder(self) -> Any:
    """The critic's encoder."""
    return self.critic.encoder

  def width(self, question: int, passage: int) -> int:
    """Returns the tokens of the critic's longest row."""
    return self.critic.width(question, passage)

  def init(self, rng: Array) -> Any:
    """Returns fresh parameters of the critic, and its factors."""
    return self.around(self.critic.init(rng), rng)

  def around(self, base: Any, rng: Array) -> Any:
    """Returns parameters of the critic with fresh factors beside them."""
    return self.low_rank.init(jax.random.fold_in(rng, 1), base)

  def axes(self) -> Any:
    """Returns the tree of logical axes, a PartitionSpec per parameter."""
    shapes = jax.eval_shape(self.init, jax.random.key(0))
    return self.low_rank.axes(self.critic.axes(), shapes)

  def trained(self, params: Any) -> Any:
    """Returns a tree of bools: whether a parameter is trained."""
    return self.low_rank.trained(params)

  def merged(self, params: Any) -> Any:
    """Returns parameters by which the critic alone scores as this one."""
    return self.low_rank.merged(params)

  def logits(
    self,
    params: Mapping[str, Any],
    questions: Int[Array, 'B S'],
    candidates: Int[Array, 'B K T'],
    rng: Array | None = None,
    rooms: critic_lib.Rooms = critic_lib.UNKNOWN,
  ) -> Float[Array, 'B K']:
    """Returns the critic's scores; see `critic.Critic.logits`."""
    del rooms  # the dropout of the low-rank products is drawn by place
    with self.low_rank.adapting(params['critic']) as base:
      return self.critic.logits(
        {**params, 'critic': base}, questions, candidates, rng
      )
