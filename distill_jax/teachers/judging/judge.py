"""Which of two runs explains better, as a language model judges it.

Each question's two rationales are shown in both orders; a verdict that the
order changes is a tie. The judge is not told who wrote what. Questions are
drawn by their names before anything that was said is looked at.
"""

import dataclasses
import functools
import hashlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.teachers import job
from distill_jax.teachers import replies as replies_lib
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.judging import drawing, judgement, standings, verdicts
from distill_jax.teachers.prompting import wording

_NOTHING = '(nothing)'  # stands for an empty rationale
_NEEDED = ('question', 'a', 'b')  # names in a prompt
_LABEL = 'label'
_TOLERATED = 0.1  # of the questions may have replies that hold no verdict

_log = logging.getLogger('distill_jax.teachers')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judge(job.Job):
  """Verdicts on the rationales of pairs of runs.

  Attributes:
    pairs: which runs.
    names: of the first and the second side, for the table.
    temperatures: of the judge; the table has a row for each.
    items: questions of a pair, at most.
    seed: draws them.
    prompt: how the judge is asked: a name of `prompting/judges`, or a TOML file
      of one's own.
    settings: how it writes; `temperatures` says how warm.
  """

  pairs: tuple[drawing.Pair, ...]
  names: tuple[str, str] = ('first', 'second')
  temperatures: tuple[float, ...] = (0.0, 0.7)
  items: int = 50
  seed: int = 0
  prompt: str = 'pairwise'
  settings: request_lib.Settings = request_lib.Settings(temperature=None)

  def __post_init__(self):
    names = [pair.name for pair in self.pairs]
    if not names or len(set(names)) < len(names):
      raise ValueError(
        f'Judge.pairs are called {", ".join(names) or "nothing"}, expected at '
        'least one and no name twice.'
      )
    if not self.temperatures or self.settings.temperature is not None:
      raise ValueError(
        f'Judge.temperatures are {self.temperatures} and that of its settings '
        f'is {self.settings.temperature}, expected at least one and None; give '
        '--gin.TEMPERATURES="(0.0, 0.7)".'
      )
    if self.items < 1:
      raise ValueError(f'Judge.items is {self.items}, expected at least 1.')
    list(self._settings)  # which refuse a temperature that is none

  def check(self) -> None:
    """As `Job.check`."""
    for _ in self.requests():  # which reads both sides
      pass
    super().check()

  def requests(self) -> Iterator[request_lib.Request]:
    """As `Job.requests`: two for every question and temperature."""
    for pair, items in self._drawn:
      for settings in self._settings:
        for item in items:
          yield from self._asked(pair, item, settings)

  @property
  def silence(self) -> str | None:
    """As `Job.silence`: where every question is a tie of one text."""
    if next(self.requests(), None) is None:
      return 'both sides say the same everywhere'
    return None

  def about(self) -> Mapping[str, Any]:
    """As `Job.about`."""
    drawn = repr([items for _, items in self._drawn])
    return {
      'pairs': [pair.name for pair in self.pairs],
      'names': self.names,
      'temperatures': self.temperatures,
      'items': self.items,
      'seed': self.seed,
      'prompt': self.prompt,
      'texts': hashlib.sha256(drawn.encode()).hexdigest()[:12],
    }

  def write(self, replies: replies_lib.Replies) -> str:
    """As `Job.write`: judge.json with every verdict, judge.md with the table.

    Questions without both replies are left out, and counted.
    """
    cases, rows = [], []
    for pair, items in self._drawn:
      for settings in self._settings:
        seen = [self._case(pair, one, settings, replies) for one in items]
        told = [case for case in seen if case]
        cases += told
        rows.append(
          judgement.Row(
            pair=pair.name,
            temperature=settings.temperature,
            standing=standings.count([case.judged for case in told])
            if told
            else None,
            unanswered=len(seen) - len(told),
          )
        )
    self._warn(rows)
    result = judgement.Judgement(
      pairs=self.pairs,
      names=self.names,
      model=self.teacher.model,
      seed=self.seed,
      prompt=self._wording.messages(
        {one: f'{{{one}}}' for one in (*_NEEDED, _LABEL)}
      ),
      rows=tuple(rows),
      cases=tuple(cases),
    )
    job.write_text(self.folder / 'judge.json', result.to_json())
    job.write_text(self.folder / 'judge.md', result.text())
    return f'{result.text()}\n{self.folder}: written'

  def _warn(self, rows: list[judgement.Row]) -> None:
    """Says which rows are worth little, for the judge was not understood."""
    for row in rows:
      one = row.standing
      if one and one.unparsed > _TOLERATED * one.items:
        _log.warning(
          '%s, T = %g: no verdict can be read of %s of %s questions; look into '
          'judge.json, and take another judge or prompt',
          row.pair,
          row.temperature,
          one.unparsed,
          one.items,
        )

  def _asked(
    self, pair: drawing.Pair, item: drawing.Item, settings: request_lib.Settings
  ) -> tuple[request_lib.Request, ...]:
    """Both orders, the first side as A in the first one; none for one text.

    Raises:
      ValueError: the prompt shows the right answer and there is none.
    """
    shown = [item.first or _NOTHING, item.second or _NOTHING]
    if item.first == item.second:
      return ()
    values = {'question': item.question}
    if _LABEL in self._wording.names:
      if item.label is None:
        raise ValueError(
          f'{pair.name}: {item.example_id} has no label, which the prompt '
          'shows; take {label} out of it, or give runs whose data have labels'
        )
      values[_LABEL] = item.label
    return tuple(
      request_lib.Request(
        name=f'{pair.name}, {item.example_id}, {order} as A',
        messages=self._wording.messages({**values, 'a': a, 'b': b}),
        settings=settings,
      )
      for order, (a, b) in zip(self.names, (shown, shown[::-1]))
    )

  def _case(
    self,
    pair: drawing.Pair,
    item: drawing.Item,
    settings: request_lib.Settings,
    replies: replies_lib.Replies,
  ) -> judgement.Case | None:
    """What was said of a question; None where a reply is missing."""
    found = [
      reply
      for request in self._asked(pair, item, settings)
      for reply in replies.of(request)
    ]
    if None in found:
      return None
    said = tuple(reply.text for reply in found)
    read = tuple(map(verdicts.read, said))
    settled = verdicts.settle(*read) if read else verdicts.Settled.SAME
    return judgement.Case(
      pair=pair.name,
      temperature=settings.temperature,
      item=item,
      replies=said,
      judged=verdicts.Judged(
        settled=settled,
        words=(len(item.first.split()), len(item.second.split())),
        verdicts=read,
      ),
    )

  @property
  def _settings(self) -> Iterator[request_lib.Settings]:
    for temperature in self.temperatures:
      yield dataclasses.replace(self.settings, temperature=temperature)

  @functools.cached_property
  def _drawn(self) -> list[tuple[drawing.Pair, list[drawing.Item]]]:
    """The questions of each pair, with what both sides say."""
    return [(one, one.items(self.items, self.seed)) for one in self.pairs]

  @functools.cached_property
  def _wording(self) -> wording.Wording:
    return wording.read('judges', self.prompt, _NEEDED, (_LABEL,))
