"""Draws one story problem: its situation, quantities, people and distractor."""

import dataclasses
import random
from collections.abc import Sequence

from distill_jax.rationales import story_templates

# Shares of the questions; the second step only where the template allows it.
_TWO_STEPS = 0.25
_NO_DISTRACTOR = 0.3
_ASIDE = 0.35  # the other distractors look like what counts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
  """One question and all that is known about it.

  Attributes:
    template: its situation.
    operations: one, or two where a second step follows.
    quantities: `a` and `b`, and where the text holds them `c` (of the second
      step) and `d` (of the distractor).
    words: what fills the other slots.
    text: the question.
    confused: the slot, `a` or `b`, that the distractor's quantity is like.
    hard: whether something in it has to be told apart with care.
  """

  template: story_templates.Template
  operations: tuple[str, ...]
  quantities: dict[str, int]
  words: dict[str, str]
  text: str
  confused: str
  hard: bool

  @property
  def key(self) -> str:
    """The people and quantities of the text: 'Amy Tom 4 12 48'."""
    people = sorted(n for n in story_templates.NAMES if n in self.text)
    return ' '.join([*people, *map(str, sorted(self.quantities.values()))])


def draw(
  rng: random.Random, templates: Sequence[story_templates.Template]
) -> Problem:
  """A problem in one of the situations, each operation equally likely."""
  operation = rng.choice('+-*/')
  template = rng.choice([t for t in templates if t.operation == operation])
  operations = (operation,)
  if template.owner and rng.random() < _TWO_STEPS:
    operations += (rng.choice('+-'),)
  confused = rng.choice('ab')
  numbers = quantities(rng, confused)
  words = _words(rng, template, operations[-1])
  frame, alike = _frame(rng, template, len(operations) == 2, confused)
  return Problem(
    template=template,
    operations=operations,
    quantities={
      slot: quantity
      for slot, quantity in numbers.items()
      if '{' + slot + '}' in frame
    },
    words=words,
    text=frame.format(**words, **numbers),
    confused=confused,
    hard=alike or len(operations) == 2,
  )


def quantities(rng: random.Random, confused: str) -> dict[str, int]:
  """Quantities for every slot, all different, whatever the operation.

  The larger one is a multiple of the smaller one and the second step's is
  less than their quotient: every operation gives a whole positive number, so
  the numbers betray none. The distractor's has the size of the quantity that
  it could be confused with.
  """
  while True:
    b, other = rng.randint(2, 24), rng.randint(2, 24)
    a, multiple = (b * rng.randint(3, min(12, 99 // b)) for _ in range(2))
    c = rng.randint(2, a // b - 1)
    d = multiple if confused == 'a' else other
    if len({a, b, c, d}) == 4:
      return {'a': a, 'b': b, 'c': c, 'd': d}


def _words(
  rng: random.Random, template: story_templates.Template, operation: str
) -> dict[str, str]:
  """Fillings of the slots for people, things and the second step."""
  words = dict(zip('nmo', rng.sample(story_templates.NAMES, 3)))
  words |= dict(zip('ts', rng.sample(story_templates.THINGS, 2)))
  words['unit'] = template.unit.format(**words)
  words['owner'] = (template.owner or '{n}').format(**words)
  words['step'] = rng.choice(story_templates.STEPS.get(operation, ('',)))
  return words


def _frame(
  rng: random.Random,
  template: story_templates.Template,
  second_step: bool,
  confused: str,
) -> tuple[str, bool]:
  """The text with its slots open, and whether a distractor looks alike."""
  story = list(template.story)
  if not template.ordered:
    rng.shuffle(story)
  kind = rng.random()
  alike = kind >= _NO_DISTRACTOR + _ASIDE
  if kind >= _NO_DISTRACTOR:
    distractor = (
      _lookalike(rng, template, confused)
      if alike
      else rng.choice(story_templates.ASIDES)
    )
    story.insert(rng.randrange(len(story) + 1), distractor)
  question = template.question
  if second_step:
    story.append('Then {owner} {step} {c} {unit}.')
    question = 'How many {unit} does {owner} have in the end?'
  return ' '.join([*story, question]), alike


def _lookalike(
  rng: random.Random, template: story_templates.Template, confused: str
) -> str:
  """The sentence of a quantity, told about another person or other things.

  '{n} has {a} {t}.' gives '{o} has {d} {t}.' or '{n} has {d} {s}.'.
  """
  slot = '{' + confused + '}'
  sentence = next(s for s in template.story if slot in s)
  others = {'{n}': '{o}', '{m}': '{o}', '{t}': '{s}'}
  replaced = rng.choice([old for old in others if old in sentence])
  if replaced == '{m}' and '{n}' in sentence:
    replaced = '{n}'
  return sentence.replace(replaced, others[replaced]).replace(slot, '{d}')
