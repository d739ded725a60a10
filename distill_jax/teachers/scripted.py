"""A scripted teacher: rationales of the embedded story problems, for nothing.

It needs no network and no key, so collecting can be tried with it. About a
third of what it writes is wrong, as `rationales/story_teacher.py` says.
"""

import contextlib
import dataclasses
import functools
import random
from collections.abc import AsyncIterator
from typing import ClassVar

from distill_jax.rationales import (
  story_drawing,
  story_problems,
  story_teacher,
)
from distill_jax.teachers import faults
from distill_jax.teachers import request as request_lib
from distill_jax.text import endings

_REPLY = '<Explanation>: {rationale} <Answer>: {answer}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scripted:
  """Answers any prompt whose last turn holds an embedded story problem.

  It replies in the form 'qcrd'. The same sample always says the same.

  Attributes:
    model: its name.
    place: none, for it is in process.
  """

  model: str = 'scripted'
  place: ClassVar[str] = ''

  def check(self) -> None:
    """As `Teacher.check`: nothing can be wrong."""

  @contextlib.asynccontextmanager
  async def session(self) -> AsyncIterator['Scripted']:
    """As `Teacher.session`: it is always ready."""
    yield self

  async def write(
    self, request: request_lib.Request
  ) -> list[request_lib.Reply]:
    """As `Session.write`: every sample that is wanted.

    Raises:
      faults.Refused: the prompt holds no story problem.
    """
    asked = request.messages[-1].content
    keys = request.keys(self.model)
    return [request_lib.Reply(text=reply(asked, key)) for key in keys]


def reply(asked: str, key: str) -> str:
  """What the teacher says: '<Explanation>: ... <Answer>: ( 84 / 2 )'.

  Args:
    asked: a text with a story problem in it; the last one counts.
    key: draws wording and errors; another one gives another sample.

  Raises:
    faults.Refused: there is no story problem in it.
  """
  problem = _problem(asked)
  tempting = story_teacher.mistaken(problem, random.Random(problem.text))
  sample = story_teacher.rationale(problem, tempting, random.Random(key))
  return _REPLY.format(
    rationale=endings.strip_answer(sample.text), answer=sample.answer
  )


def _problem(asked: str) -> story_drawing.Problem:
  """The last story problem of a text: a line's words up to a question mark."""
  known = _problems()
  for line in reversed(asked.splitlines()):
    words = line[: line.rfind('?') + 1].split()
    for first in range(len(words)):
      if found := known.get(' '.join(words[first:])):
        return found
  raise faults.Refused(
    f'the scripted teacher got {asked[-80:]!r}, expected a question of the '
    'embedded story problems; ask another teacher.'
  )


@functools.cache
def _problems() -> dict[str, story_drawing.Problem]:
  """Every embedded story problem by its text."""
  return {
    problem.text: problem
    for split in story_problems.SPLITS
    for problem in story_problems.problems(split)
  }
