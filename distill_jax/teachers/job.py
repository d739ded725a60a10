"""What is made of a teacher's samples: a store, a filtered store, verdicts."""

import abc
import contextlib
import dataclasses
import hashlib
import json
import logging
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.teachers import asking as asking_lib
from distill_jax.teachers import claims, crowd, estimate, progress, spending
from distill_jax.teachers import journal as journal_lib
from distill_jax.teachers import replies as replies_lib
from distill_jax.teachers import request as request_lib
from distill_jax.teachers import teacher as teacher_lib
from distill_jax.training import folder as folder_lib

_CONFIG = 'config.gin'
_JOURNAL = 'journal.sqlite'

_log = logging.getLogger('distill_jax.teachers')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job(abc.ABC):
  """Samples of a teacher, and what becomes of them.

  Attributes:
    teacher: is asked.
    output: folder of the result.
    settings: how the teacher writes.
    asking: how much at once, how often again, and for how much money.
    journal: file that keeps every sample; None for one in `output`. Several
      jobs may have one after another: what is asked alike is asked once.
  """

  teacher: teacher_lib.Teacher
  output: str
  settings: request_lib.Settings = request_lib.Settings()
  asking: asking_lib.Asking = asking_lib.Asking()
  journal: str | None = None

  @abc.abstractmethod
  def requests(self) -> Iterator[request_lib.Request]:
    """What the teacher is asked, the same in every call, read as needed."""

  @abc.abstractmethod
  def about(self) -> Mapping[str, Any]:
    """What the result depends on beside teacher, settings and prompts."""

  @abc.abstractmethod
  def write(self, replies: replies_lib.Replies) -> str:
    """Writes the result into `folder`; what to say of it.

    It may be called again with more replies than before.
    """

  @property
  def silence(self) -> str | None:
    """Why nobody need be asked; None where that would be a mistake."""
    return None

  @property
  def expected_tokens(self) -> int | None:
    """Tokens that a sample will have, None where nothing is known."""
    return None

  @property
  def folder(self) -> pathlib.Path:
    """Of the result."""
    return pathlib.Path(self.output).expanduser()

  @property
  def place(self) -> pathlib.Path:
    """Of the journal."""
    if self.journal is None:
      return self.folder / _JOURNAL
    return pathlib.Path(self.journal).expanduser()

  def check(self) -> None:
    """Looks for mistakes that cost nothing yet.

    Raises:
      ValueError: something is missing or wrong, or the folder holds the result
        of something else.
    """
    for name in ('output', 'journal'):
      if '://' in (given := getattr(self, name) or ''):
        raise ValueError(
          f'{type(self).__name__}.{name} is {given!r}, expected a local path; '
          'copy the folder when it is complete.'
        )
    claims.check(self.folder, self._about(), self.place, begun=self._begun())

  def plan(self) -> str:
    """The first prompt, and what everything comes to.

    Raises:
      ValueError: as `check`.
    """
    self.check()
    first = next(self.requests(), None)
    if first is None:
      return f'requests   none: {self.silence}'
    there = self.place.exists()
    with journal_lib.opened(self.place) if there else _nothing() as kept:
      found = estimate.estimate(
        self.requests(), self.teacher.model, self.expected_tokens, kept
      )
      spent = kept.spent() if kept else spending.Spent()
    limits = self.asking
    return '\n'.join(
      [
        *(f'[{one.role}]\n{one.content}\n' for one in first.messages),
        f'teacher    {self.teacher.model}{self._unready()}',
        *found.rows(limits.prices, limits.budget, spent),
        found.time(
          limits.concurrency,
          limits.requests_per_minute,
          limits.tokens_per_minute,
        ),
        f'output     {self.folder}, journal {self.place}',
      ]
    )

  def run(self, config: str, *, as_is: bool = False) -> str:
    """Asks for what is missing and writes the result; what to say of it.

    Args:
      config: the text that describes this job; it is kept in the folder.
      as_is: ask for nothing, write the result of what is there.

    Raises:
      ValueError: as `check`; or not everything could be asked for, and then
        what arrived is in the journal.
      KeyboardInterrupt: somebody stopped it; the same.
    """
    self.check()
    if not as_is:
      self.teacher.check()
    with folder_lib.locked(self.output):
      self._claim(config)
      with journal_lib.opened(self.place) as kept:
        if not as_is:
          self._ask(kept)
        elif not (self.silence or self._any(kept)):
          raise ValueError(
            f'{self.place} has no sample of this; leave out --as_is.'
          )
        return self.write(replies_lib.Replies(kept, self.teacher.model))

  def _ask(self, kept: journal_lib.Journal) -> None:
    """Asks until the journal holds everything.

    Raises:
      ValueError: the budget has no room, or the teacher fails.
      KeyboardInterrupt: somebody stopped it.
    """
    total = sum(len(request.samples) for request in self.requests())
    told = progress.Progress(total, self.asking.prices)
    try:
      outcome = self.asking.ask(self.teacher, self.requests(), kept, told)
    finally:
      _log.info('%s', told.line())
      if told.lost:
        _log.warning(
          '%s replies were lost on the way; they may be billed',
          f'{told.lost:,}',
        )
    for sentence in outcome.named:
      _log.warning('refused: %s', sentence)
    if outcome.refused:
      _log.warning('%s requests were refused', f'{outcome.refused:,}')
    if outcome.stopped == crowd.BUDGET:
      raise ValueError(self._over_budget(kept, told, outcome.wanted))
    if outcome.stopped == crowd.INTERRUPTED:
      _log.warning('stopped; the same command goes on from here')
      raise KeyboardInterrupt

  def _over_budget(
    self,
    kept: journal_lib.Journal,
    told: progress.Progress,
    wanted: spending.Spent,
  ) -> str:
    prices = self.asking.prices
    shown = lambda one: f'{prices.shown(one.money)} and {one.tokens:,} tokens'
    return (
      f'the budget of {self.asking.budget.shown(prices)} has no room for '
      f'another request, which may cost {shown(wanted)}: {self.place} has cost '
      f'{shown(kept.spent())}, '
      f'{told.there:,} of {told.total:,} samples are there; raise '
      '--gin.BUDGET or --gin.TOKEN_BUDGET to go on, or write the result of '
      'what is there by --as_is'
    )

  def _unready(self) -> str:
    """Why the teacher cannot be asked yet, as the end of a line."""
    try:
      self.teacher.check()
    except ValueError as error:
      return f'; {error}'
    return ''

  def _about(self) -> dict[str, Any]:
    """Everything that the result depends on, as JSON has it."""
    first = next(self.requests(), None)
    if first is None and not self.silence:
      raise ValueError(
        f'{type(self).__name__}: there is nothing to ask about, expected at '
        'least one question.'
      )
    said = {'job': type(self).__name__, **self.about()}
    if first is not None:
      prompt = json.dumps([[one.role, one.content] for one in first.messages])
      said |= {
        'model': self.teacher.model,
        'settings': dataclasses.asdict(first.settings),
        'first prompt': hashlib.sha256(prompt.encode()).hexdigest()[:12],
      }
    return json.loads(json.dumps(said))

  def _claim(self, config: str) -> None:
    """Writes what the folder belongs to."""
    about = claims.text(self._about(), self.place)
    write_text(self.folder / claims.ABOUT, about)
    write_text(self.folder / _CONFIG, config)

  def _begun(self) -> bool:
    """Whether the journal has any sample at all."""
    if not self.place.exists():
      return False
    with journal_lib.opened(self.place) as kept:
      return kept.spent().samples > 0

  def _any(self, kept: journal_lib.Journal) -> bool:
    """Whether the journal has a sample that is asked for here."""
    model = self.teacher.model
    return any(kept.find(one.keys(model)) for one in self.requests())


def write_text(path: pathlib.Path, text: str) -> None:
  """Writes a text aside and renames it, so that the file appears whole."""
  aside = path.with_name(f'.{path.name}.part')
  aside.write_text(text.rstrip('\n') + '\n', encoding='utf-8')
  aside.replace(path)


def _nothing() -> contextlib.AbstractContextManager[None]:
  return contextlib.nullcontext()
