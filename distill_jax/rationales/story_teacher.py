"""A scripted teacher of the story problems: worked rationales, some wrong.

Every sample either reads the problem rightly or makes one error: a wrong
operation, a wrong quantity (the distractor's, or two that change places), or
a slip (a number written wrongly on the way into the computation). Questions
have an error that tempts, so wrong samples often agree and a vote can be
lost. Which error was made never shows in the style: phrasings and lengths are
drawn alike, and wrong operations and numbers are as frequent overall as right
ones.
"""

import dataclasses
import random
from collections.abc import Mapping

from distill_jax.rationales import record, story_drawing
from distill_jax.text import arithmetic

SAMPLES = 5
_ERROR_RATE = {False: 0.22, True: 0.4}  # by whether the problem is hard
_TEMPTATION = 0.4  # share of a question's wrong samples that err alike
_KINDS = {'operation': 0.5, 'quantity': 0.3, 'slip': 0.2}

_METHODS = {
  '+': ('we add', 'we need a sum', 'we put the parts together'),
  '-': ('we subtract', 'we need a difference', 'we take a part away'),
  '*': ('we multiply', 'we need a product', 'we count equal groups'),
  '/': ('we divide', 'we need a quotient', 'we make equal groups'),
}
_ONE_STEP = (
  'We look for {asked}. {facts}. So {first}: {total}.',
  '{facts}. To find {asked} {first}: {total}.',
  '{facts}, so {first} to get {asked}: {total}.',
)
_TWO_STEPS = (
  '{facts}. First {first}. Then {after}, so {second}: {total}.',
  '{facts}, then {after}. First {first}, then {second}: {total}.',
)
_AFTER = '{owner} {step} {c} {unit}'
_ENDINGS = ('The answer is {equation}.', 'So the answer is {equation}.')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Solution:
  """How somebody solves a problem, rightly or not.

  Attributes:
    operations: of the first and, where there is one, the second step.
    read: the quantities as read from the story, by slot.
    written: the same as written in the computation.
    error: what went wrong, None where nothing did.
  """

  operations: tuple[str, ...]
  read: Mapping[str, int]
  written: Mapping[str, int]
  error: str | None = None

  @property
  def computation(self) -> str:
    """'84 / 2', or '( 84 / 2 ) - 3' in two steps."""
    first = f'{self.written["a"]} {self.operations[0]} {self.written["b"]}'
    if len(self.operations) == 1:
      return first
    return f'( {first} ) {self.operations[1]} {self.written["c"]}'

  @property
  def equation(self) -> str:
    """The label's form: '( 84 / 2 )' or '( ( 84 / 2 ) - 3 )'."""
    return f'( {self.computation} )'


def solution(problem: story_drawing.Problem) -> Solution:
  """The right one."""
  return Solution(
    operations=problem.operations,
    read=problem.quantities,
    written=problem.quantities,
  )


def rationales(
  problem: story_drawing.Problem, rng: random.Random, errs: float = 1.0
) -> tuple[record.Rationale, ...]:
  """Five samples; `extra` tells `quality` (1 or 0) and `error` of each.

  An error is None, 'operation', 'quantity' or 'slip'.

  Args:
    problem: the question.
    rng: draws the samples.
    errs: how many times as often as usual this teacher errs.
  """
  tempting = mistaken(problem, rng)
  drawn = (rationale(problem, tempting, rng, errs) for _ in range(SAMPLES))
  return tuple(
    dataclasses.replace(one, sample=sample) for sample, one in enumerate(drawn)
  )


def rationale(
  problem: story_drawing.Problem,
  tempting: Solution,
  rng: random.Random,
  errs: float = 1.0,
) -> record.Rationale:
  """One sample, as one of `rationales`.

  Args:
    problem: the question.
    tempting: the wrong solution that it tempts to, from `mistaken`.
    rng: draws the sample.
    errs: how many times as often as usual this teacher errs.
  """
  solved = solution(problem)
  if rng.random() < errs * _ERROR_RATE[problem.hard]:
    tempted = rng.random() < _TEMPTATION
    solved = tempting if tempted else mistaken(problem, rng)
  return record.Rationale(
    text=_write(problem, solved, rng),
    answer=solved.equation,
    source='scripted teacher',
    extra={'quality': int(solved.error is None), 'error': solved.error},
  )


def mistaken(problem: story_drawing.Problem, rng: random.Random) -> Solution:
  """A solution with one error and, therefore, another value."""
  right = solution(problem)
  errors = {
    'operation': _wrong_operation,
    'quantity': _wrong_quantity,
    'slip': _slip,
  }
  while True:
    (kind,) = rng.choices(list(_KINDS), weights=list(_KINDS.values()))
    wrong = errors[kind](problem, rng)
    if wrong is not None and not _same_value(wrong, right):
      return dataclasses.replace(wrong, error=kind)


def _same_value(a: Solution, b: Solution) -> bool:
  return arithmetic.value(a.equation) == arithmetic.value(b.equation)


def _wrong_operation(
  problem: story_drawing.Problem, rng: random.Random
) -> Solution:
  """One step's operation becomes another one that the step may have."""
  operations = list(problem.operations)
  step = rng.randrange(len(operations))
  choices = '+-*/' if step == 0 else '+-'
  operations[step] = rng.choice(choices.replace(operations[step], ''))
  return dataclasses.replace(solution(problem), operations=tuple(operations))


def _wrong_quantity(
  problem: story_drawing.Problem, rng: random.Random
) -> Solution | None:
  """The distractor's quantity, or those of two steps in each other's place.

  None where the problem offers neither.
  """
  del rng
  quantities = dict(problem.quantities)
  if 'd' in quantities:
    quantities[problem.confused] = quantities['d']
  elif 'c' in quantities:
    quantities['b'], quantities['c'] = quantities['c'], quantities['b']
  else:
    return None
  return dataclasses.replace(
    solution(problem), read=quantities, written=quantities
  )


def _slip(problem: story_drawing.Problem, rng: random.Random) -> Solution:
  """A quantity is read well and written as another one of its kind."""
  quantities = problem.quantities
  slot = rng.choice([slot for slot in quantities if slot != 'd'])
  while True:
    number = story_drawing.quantities(rng, problem.confused)[slot]
    if number not in quantities.values():
      written = {**quantities, slot: number}
      return dataclasses.replace(solution(problem), written=written)


def _write(
  problem: story_drawing.Problem, solved: Solution, rng: random.Random
) -> str:
  """The solution in one of the teacher's phrasings."""
  phrasing = rng.choice(
    _ONE_STEP if len(solved.operations) == 1 else _TWO_STEPS
  )
  words = {'c': None, **problem.words, **solved.read}
  methods = [rng.choice(_METHODS[o]) for o in solved.operations]
  body = phrasing.format(
    facts=problem.template.facts.format(**words),
    asked=problem.template.asked.format(**words),
    after=_AFTER.format(**words),
    first=methods[0],
    second=methods[-1],
    total=solved.computation,
  )
  ending = rng.choice(_ENDINGS).format(equation=solved.equation)
  return f'{body} {ending}'
