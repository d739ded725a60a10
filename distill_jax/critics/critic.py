"""What a method asks of a critic."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from jaxtyping import Array, Float, Int


class Critic(Protocol):
  """A network that scores the candidates of each question.

  Attributes:
    reads: names of the networks whose parameters it scores by: 'critic' for its
      own, and that of any other that it looks into.
  """

  reads: ClassVar[tuple[str, ...]]

  def init(self, rng: Array) -> Any:
    """Returns fresh parameters."""
    ...

  def axes(self) -> Any:
    """Returns the tree of logical axes, a PartitionSpec per parameter."""
    ...

  def logits(
    self,
    params: Mapping[str, Any],
    questions: Int[Array, 'B S'],
    candidates: Int[Array, 'B K T'],
    rng: Array | None = None,
  ) -> Float[Array, 'B K']:
    """Returns an unbounded score for each candidate, in float32.

    Args:
      params: parameters of each network by name, of those that it `reads` at
        least.
      questions: token ids, padded with 0.
      candidates: token ids, padded with 0; an empty candidate gets some finite
        score that means nothing.
      rng: key of the dropout; None for no dropout.
    """
    ...
