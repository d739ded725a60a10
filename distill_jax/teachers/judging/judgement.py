"""What a judge found, as JSON and as a table."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from distill_jax.teachers import markdown
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.judging import drawing, standings, verdicts

_CAPTION = """\
Judged by {model}. Questions were drawn by seed {seed} from the names of those
that both sides answered, before anything they said was looked at. Each was
shown in both orders; where the order changes the verdict, or a reply holds
none, it is a tie. *Share* is {second}'s of the questions that either side won,
with its 95 % interval by Clopper and Pearson; *p* is of the two-sided sign
test, not corrected for the number of rows. *Longer* is how many of those were
won by the text with more words: far from half of them, the judge may go by
length. *Place* is how many ties come from naming the same place in both orders.
"""
_HEADS = (
  ('data', '---'),
  ('T', '--:'),
  ('items', '--:'),
  ('{first} better', '--:'),
  ('tie', '--:'),
  ('{second} better', '--:'),
  ('share', '--:'),
  ('p', '--:'),
  ('words {first}', '--:'),
  ('words {second}', '--:'),
  ('longer', '--:'),
  ('place', '--:'),
  ('unparsed', '--:'),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
  """One question at one temperature.

  Attributes:
    pair: its name.
    temperature: of the judge.
    item: the question and both rationales.
    replies: with the first rationale as A, then with the second as A; none
      where both are one text.
    judged: what they come to.
  """

  pair: str
  temperature: float
  item: drawing.Item
  replies: tuple[str, ...]
  judged: verdicts.Judged

  def to_json(self) -> dict[str, Any]:
    """The case as JSON has it."""
    return {
      'pair': self.pair,
      'temperature': self.temperature,
      **dataclasses.asdict(self.item),
      'settled': self.judged.settled.value,
      'orders': [
        {'a': side, 'verdict': verdict, 'reply': reply}
        for side, verdict, reply in zip(
          ('first', 'second'), self.judged.verdicts, self.replies
        )
      ],
    }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
  """One pair at one temperature.

  Attributes:
    pair: its name.
    temperature: of the judge.
    standing: of the questions that have both replies; None without any.
    unanswered: questions that lack one, left out.
  """

  pair: str
  temperature: float
  standing: standings.Standing | None
  unanswered: int

  def cells(self) -> Iterator[str]:
    """The cells of its line in the table."""
    yield from (_cell(self.pair), f'{self.temperature:g}')
    one = self.standing
    if one is None:
      yield '0'
      yield from [''] * (len(_HEADS) - 3)
      return
    yield from map(str, (one.items, one.first, one.tie, one.second))
    yield (
      ''
      if one.share is None
      else f'{one.share:.1%} ({one.low:.1%} to {one.high:.1%})'
    )
    yield f'{one.p_value:.3f}'
    yield from (f'{one.first_words:.1f}', f'{one.second_words:.1f}')
    yield f'{one.longer} of {one.longer + one.shorter}'
    yield from (str(one.order), str(one.unparsed))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judgement:
  """Everything that a judge found.

  Attributes:
    pairs: that were compared.
    names: of the first and the second side.
    model: that judged.
    seed: that drew the questions.
    prompt: with names in braces for what differs.
    rows: of the table.
    cases: every question at every temperature.
  """

  pairs: tuple[drawing.Pair, ...]
  names: tuple[str, str]
  model: str
  seed: int
  prompt: tuple[request_lib.Message, ...]
  rows: tuple[Row, ...]
  cases: tuple[Case, ...]

  def to_json(self) -> str:
    """judge.json."""
    said = {
      'first': self.names[0],
      'second': self.names[1],
      'pairs': [dataclasses.asdict(pair) for pair in self.pairs],
      'model': self.model,
      'seed': self.seed,
      'prompt': [dataclasses.asdict(one) for one in self.prompt],
      'rows': [dataclasses.asdict(row) for row in self.rows],
      'items': [case.to_json() for case in self.cases],
    }
    return json.dumps(said, indent=2, ensure_ascii=False)

  def text(self) -> str:
    """judge.md."""
    first, second = map(_cell, self.names)
    lines = [
      [head.format(first=first, second=second) for head, _ in _HEADS],
      [mark for _, mark in _HEADS],
      *(row.cells() for row in self.rows),
    ]
    table = '\n'.join(f'| {" | ".join(line)} |' for line in lines)
    caption = _CAPTION.format(
      model=markdown.code(self.model), seed=self.seed, second=second
    )
    left_out = sum(row.unanswered for row in self.rows)
    more = (
      f'\n{left_out:,} questions lack a reply and are left out.\n'
      if left_out
      else ''
    )
    sides = '\n'.join(map(_compared, self.pairs))
    return f'# {first} and {second}\n\n{sides}\n\n{caption}{more}\n{table}\n'


def _compared(pair: drawing.Pair) -> str:
  """Where the sides of a pair lie: 'SVAMP, test: /runs/dss, /runs/qcrd'."""
  first, second = (
    markdown.code(str(pathlib.Path(pair.results_dir or '', side)))
    for side in (pair.first, pair.second)
  )
  return f'- {_cell(pair.name)}, {_cell(pair.split)}: {first}, {second}'


def _cell(text: str) -> str:
  return markdown.plain(text).replace('|', r'\|')
