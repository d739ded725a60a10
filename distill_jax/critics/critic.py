"""What a method asks of a critic."""

from typing import Any, Protocol

from jaxtyping import Array, Float, Int


class Critic(Protocol):
  """A network that scores the candidates of each question."""

  def init(self, rng: Array) -> Any:
    """Returns fresh parameters."""
    ...

  def axes(self) -> Any:
    """Returns the tree of logical axes, a PartitionSpec per parameter."""
    ...

  def logits(
    self,
    params: Any,
    questions: Int[Array, 'B S'],
    candidates: Int[Array, 'B K T'],
    rng: Array | None = None,
  ) -> Float[Array, 'B K']:
    """Returns an unbounded score for each candidate, in float32.

    Args:
      params: the critic's parameters.
      questions: token ids, padded with 0.
      candidates: token ids, padded with 0; an empty candidate gets some finite
        score that means nothing.
      rng: key of the dropout; None for no dropout.
    """
    ...
