"""What a method asks of a critic."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol

from jaxtyping import Array, Float, Int

from distill_jax import batch as batch_lib


class Rooms(NamedTuple):
  """How many tokens are real; None for not known.

  Attributes:
    questions: of the questions.
    candidates: of the candidates.
  """

  questions: batch_lib.Room | None = None
  candidates: batch_lib.Room | None = None

  def together(self, size: int, number: int) -> batch_lib.Room | None:
    """Returns the room of rows that hold question, mark and candidate.

    Args:
      size: B.
      number: K.
    """
    if self.questions is None or self.candidates is None:
      return None
    parts = self.questions.parts
    marks = batch_lib.Room(size * number // parts, parts)
    return self.questions.times(number) + marks + self.candidates


UNKNOWN = Rooms()


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
    rooms: Rooms = UNKNOWN,
  ) -> Float[Array, 'B K']:
    """Returns an unbounded score for each candidate, in float32.

    Args:
      params: parameters of each network by name, of those that it `reads` at
        least.
      questions: token ids, padded with 0.
      candidates: token ids, padded with 0; an empty candidate gets some finite
        score that means nothing.
      rng: key of the dropout; None for no dropout.
      rooms: of questions and candidates, so that padding may be left out of
        the work.
    """
    ...
