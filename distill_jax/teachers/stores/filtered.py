"""What became of the rationales that a filter has seen."""

import collections
import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.teachers import markdown, spending
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.stores import card, figures
from distill_jax.teachers.stores import summary as summary_lib
from distill_jax.text import answers as answers_lib

KEPT = 'kept'
WRONG = 'wrong'
UNPARSED = 'unparsed'
UNANSWERED = 'unanswered'
BARE = 'bare'
_MEANT = {
  KEPT: 'they lead to the right answer',
  WRONG: 'they lead to another answer',
  UNPARSED: 'the reply gives no answer',
  UNANSWERED: 'there is no reply',
  BARE: 'they say nothing but an answer',
}
_CARD = """\
{head}

# Filtered rationales for {task}, {split}

{model} {endpoints}read each question with each of its rationales, without the
sentence that states the answer, and answered. A rationale stayed where that
answer is the right one, whatever it states itself. A wrong one is found only
where it leads the model astray. No person has checked them.

{counts}

The rationales that stayed were written by {sources}. A question that lost all
of them stays with its label alone; one without a label is left out. Other
splits are as they were.

## What is left

{left}

{figures}

## Prompt

Of the first rationale, in full:

{prompt}

## Cost of the check

{cost}

## Training on it

{training}

## Licence

{licence}
"""


@dataclasses.dataclass(kw_only=True)
class Counts:
  """Counters of a filter.

  Attributes:
    questions: that stay.
    unlabelled: questions left out, for they have no label to check by.
    emptied: questions that had rationales and have none left.
    fates: rationales of the questions that stay, by what became of them.
    sources: rationales that stay, by who wrote them.
  """

  questions: int = 0
  unlabelled: int = 0
  emptied: int = 0
  fates: collections.Counter[str] = dataclasses.field(
    default_factory=collections.Counter
  )
  sources: collections.Counter[str] = dataclasses.field(
    default_factory=collections.Counter
  )

  def add(self, record: record_lib.Record, fates: Sequence[str]) -> None:
    """Counts a question with what became of each of its rationales."""
    self.questions += 1
    self.emptied += bool(fates) and KEPT not in fates
    self.fates.update(fates)
    self.sources.update(
      rationale.source or 'unknown'
      for rationale, fate in zip(record.rationales, fates)
      if fate == KEPT
    )

  def to_json(self) -> dict[str, Any]:
    """The figures as JSON has them."""
    return {
      'questions': self.questions,
      'unlabelled': self.unlabelled,
      'emptied': self.emptied,
      'rationales': self.fates.total(),
      **{name: self.fates[name] for name in _MEANT},
      'sources': dict(self.sources.most_common()),
    }

  def rows(self) -> Iterator[tuple[str, str]]:
    """Each figure: what it is, and how it reads."""
    yield (
      'questions',
      f'{self.questions:,}, {self.emptied:,} of them with no rationale left',
    )
    if self.unlabelled:
      yield 'left out', f'{self.unlabelled:,} questions without a label'
    asked = self.fates.total() - self.fates[BARE] - self.fates[UNANSWERED]
    for name, meant in _MEANT.items():
      if name == KEPT:
        kept = figures.share(self.fates[KEPT], asked, self.questions)
        yield name, f'{kept or 0} checked; {meant}'
      elif self.fates[name]:
        yield name, f'{self.fates[name]:,} dropped; {meant}'

  def text(self) -> str:
    """The figures, one on each line."""
    return '\n'.join(f'{name:10}  {said}' for name, said in self.rows())


def fate(said: str | None, gold: str, answers: answers_lib.Answers) -> str:
  """What becomes of a rationale.

  Args:
    said: the answer of the model that read it, None where there is no reply.
    gold: the right label.
    answers: what reads the answer.
  """
  if said is None:
    return UNANSWERED
  found = answers.parse(said)
  if found is None:
    return UNPARSED
  return KEPT if answers.correct(found, gold) else WRONG


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
  """What a filter has to tell.

  Attributes:
    task: that read the rationales.
    split: which of its questions.
    model: that checked them.
    endpoints: where it was reached; none for a model in process.
    prompt: the first one.
    answers: the kind of answer.
    spent: what the check has cost.
    prices: of the tokens.
    estimated: whether the endpoint did not count all tokens.
    counts: what it kept and dropped.
    left: figures of the store that is left.
  """

  task: str
  split: str
  model: str
  endpoints: tuple[str, ...]
  prompt: tuple[request_lib.Message, ...]
  answers: answers_lib.Answers
  spent: spending.Spent
  prices: spending.Prices
  estimated: bool
  counts: Counts
  left: summary_lib.Summary

  def to_json(self) -> str:
    """summary.json for its folder."""
    said = {'filter': self.counts.to_json(), 'store': self.left.to_json()}
    return json.dumps(said, indent=2, ensure_ascii=False)

  def card(self) -> str:
    """README.md for its folder."""
    sources = self.counts.sources.most_common()
    named = (f'{markdown.code(one)} ({number:,})' for one, number in sources)
    asked = self.counts.fates.total() - self.counts.fates[BARE]
    cost = card.cost(self.spent, self.prices, asked, self.estimated)
    places = ' and '.join(map(markdown.code, self.endpoints))
    return _CARD.format(
      head=card.head(self.split, self.counts.questions),
      task=markdown.code(self.task),
      split=markdown.code(self.split),
      model=markdown.code(self.model),
      endpoints=f'at {places} ' if places else '',
      sources=', '.join(named) or 'nobody',
      counts=markdown.table(self.counts.rows()),
      left=markdown.table(self.left.rows()),
      figures=card.FIGURES,
      cost=markdown.table(cost),
      training=card.training(self.split, self.answers),
      licence=card.LICENCE,
      prompt='\n\n'.join(
        f'{one.role}:\n\n{markdown.fenced(one.content)}' for one in self.prompt
      ),
    )
