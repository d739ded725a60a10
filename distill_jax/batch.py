"""The arrays of one training step, and the axis glossary of the package.

Single letters name the axes in every annotation and in every docstring:

  B  examples (questions) of a batch
  S  source tokens of an input
  T  target tokens; a label's T and a rationale's T differ
  P  positive rationales of a question
  N  negative rationales of a question
  K  candidates of a question, whatever their kind
  L  layers
  D  model width (`emb_dim`)
  H  attention heads (`num_heads`)
  C  channels of a head (`head_dim`)
  F  width of the feed-forward layer (`mlp_dim`)
  V  vocabulary

Token id 0 is padding everywhere and only follows real tokens.
"""

import dataclasses
import functools
import operator

import jax
from jaxtyping import Array, Bool, Float, Int


@dataclasses.dataclass(frozen=True)
class Room:
  """How many tokens of an array of rows are real, at most.

  Attributes:
    tokens: of each part.
    parts: equal parts of the rows, in order; as many as devices share them, so
      that none needs a token of another's.
  """

  tokens: int
  parts: int = 1

  def __add__(self, other: 'Room') -> 'Room':
    if other.parts != self.parts:
      raise ValueError(
        f'a room has {self.parts} parts and the other {other.parts}, expected '
        'as many: the same devices share both.'
      )
    return Room(self.tokens + other.tokens, self.parts)

  def times(self, number: int) -> 'Room':
    """Returns the room of as many copies of each row."""
    return Room(self.tokens * number, self.parts)


RoomByArray = tuple[tuple[str, Room], ...]  # some stand for several arrays


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class Batch:
  """What every method sees in a step.

  Attributes:
    label_inputs: questions behind the label prefix.
    label_targets: labels, ended by EOS unless they were cut.
    rationale_inputs: questions behind the rationale prefix.
    questions: questions without prefix and EOS, as a critic reads them.
    positives: rationales to learn from, ended by EOS unless they were cut.
    negatives: rationales to keep away from; the teacher's that lost the vote
      first, then those sampled from an earlier student.
    positive_valid: False where a question has fewer than P positives.
    negative_valid: False where a question has fewer than N negatives.
    weights: 1 for an example, 0 for a row that only fills the batch.
    example_index: position of the example in its split.
    rooms: of the arrays of ids, and 'longest' for the longest positive and the
      longest negative of each question. Batches with other rooms are compiled
      anew; without, padding is worked on like tokens.
  """

  label_inputs: Int[Array, 'B S']
  label_targets: Int[Array, 'B T']
  rationale_inputs: Int[Array, 'B S']
  questions: Int[Array, 'B S']
  positives: Int[Array, 'B P T']
  negatives: Int[Array, 'B N T']
  positive_valid: Bool[Array, 'B P']
  negative_valid: Bool[Array, 'B N']
  weights: Float[Array, ' B']
  example_index: Int[Array, ' B']
  rooms: RoomByArray = dataclasses.field(default=(), metadata={'static': True})

  def room(self, *names: str) -> Room | None:
    """Returns the room of some arrays together, None if it is not known."""
    known = dict(self.rooms)
    if not all(name in known for name in names):
      return None
    return functools.reduce(operator.add, map(known.get, names))

  def joined(self, name: str, other: str) -> RoomByArray:
    """Returns the rooms where an array takes in the tokens of another."""
    known = dict(self.rooms)
    if known:
      known[name] += known[other]
    return tuple(known.items())


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class RankingBatch:
  """What a reranker learns from in a step.

  A row is a question with one of its rationales; texts stand without prefix
  and EOS, as a critic reads them.

  Attributes:
    questions: what passages are sought for.
    passages: K candidates of each.
    relevance: of each candidate for the row's rationale, such as BM25's score;
      0 where `valid` is False.
    valid: False where a row has fewer than K candidates.
    weights: 1 for an example, 0 for a row that only fills the batch.
    example_index: position of the row in its split.
  """

  questions: Int[Array, 'B S']
  passages: Int[Array, 'B K S']
  relevance: Float[Array, 'B K']
  valid: Bool[Array, 'B K']
  weights: Float[Array, ' B']
  example_index: Int[Array, ' B']


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class RetrievalBatch:
  """What a student learns from that searches its passages in the step.

  Attributes:
    inputs: what the student reads, without any passage.
    targets: what it writes, ended by EOS unless it was cut.
    queries: what passages are sought by, in the ids of the retriever's
      encoder, without marks.
    weights: 1 for an example, 0 for a row that only fills the batch.
    example_index: position of the example in its split.
  """

  inputs: Int[Array, 'B S']
  targets: Int[Array, 'B T']
  queries: Int[Array, 'B S']
  weights: Float[Array, ' B']
  example_index: Int[Array, ' B']
