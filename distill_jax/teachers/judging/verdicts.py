"""What a judge said of two rationales, and what it comes to.

A question's two rationales are shown twice, as A and B and the other way
round. A judge that likes whatever stands first says A both times.
"""

import dataclasses
import enum
import re

from distill_jax.teachers.prompting import reading

_WORDS = {'a': 'A', 'b': 'B', 'tie': 'tie'}
_SAID = r'[^\w\n]*(a|b|tie)[^\w\n]*'  # **A**, [[B]], (tie).
_HEAD = r'^[^\w\n]*(?:final +)?verdict[^\w\n]*:'
_LINE = re.compile(rf'{_HEAD}{_SAID}$', re.IGNORECASE | re.MULTILINE)
_BELOW = re.compile(rf'{_HEAD}\W*\n{_SAID}\s*\Z', re.IGNORECASE | re.MULTILINE)
_ALONE = re.compile(_SAID, re.IGNORECASE)


class Settled(enum.Enum):
  """What the verdicts of both orders come to; only the first two decide."""

  FIRST = 'first'
  SECOND = 'second'
  TIE = 'tie'  # both orders say so
  ORDER = 'order'  # the same letter twice: the place decided, not the text
  TORN = 'torn'  # a tie in one order, a winner in the other
  UNPARSED = 'unparsed'  # at least one reply has no verdict
  SAME = 'same'  # both texts are one; nobody was asked


def read(reply: str) -> str | None:
  """The verdict in a judge's reply: 'A', 'B', 'tie', or None.

  It stands in a line of its own, 'Verdict: A' or 'Final verdict: A', in the
  last line below 'Verdict:', or is the whole reply, 'A'. Letter case, signs
  around it and thoughts before it do not count. Two lines that contradict each
  other give none, and so does 'A is better.': what is not said in the form
  asked for is not guessed.
  """
  reply = reading.spoken(reply)
  words = [*_LINE.findall(reply), *_BELOW.findall(reply)]
  said = {_WORDS[word.lower()] for word in words}
  if len(said) == 1:
    return said.pop()
  alone = None if said else _ALONE.fullmatch(reply.strip())
  return _WORDS[alone[1].lower()] if alone else None


def settle(forward: str | None, backward: str | None) -> Settled:
  """What two verdicts come to.

  Args:
    forward: with the first rationale as A; None where none was said.
    backward: with the second one as A.
  """
  if forward is None or backward is None:
    return Settled.UNPARSED
  if forward == backward:
    return Settled.TIE if forward == 'tie' else Settled.ORDER
  if 'tie' in (forward, backward):
    return Settled.TORN
  return Settled.FIRST if forward == 'A' else Settled.SECOND


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judged:
  """One question with what was said of it.

  Attributes:
    settled: what it comes to.
    words: lengths of the first and the second rationale.
    verdicts: with the first as A, then with the second as A; none where
      nobody was asked.
  """

  settled: Settled
  words: tuple[int, int]
  verdicts: tuple[str | None, ...] = ()
