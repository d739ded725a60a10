"""A rationale store: K samples of a teacher for every question of a split."""

import dataclasses
import datetime
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.rationales import store
from distill_jax.teachers import job
from distill_jax.teachers import replies as replies_lib
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.prompting import prompting as prompting_lib
from distill_jax.teachers.stores import card, counting, data_job, summary
from distill_jax.text import vocabulary as vocabulary_lib

_SUMMARY = 'summary.json'
_CARD = 'README.md'
_WITHHELD = ('content_filter', 'refusal')  # what ends a reply that is none


@dataclasses.dataclass(frozen=True, kw_only=True)
class Collection(data_job.DataJob):
  """Samples for the questions of one split of a data set.

  The folder becomes a data set of its own, `task='records'`: the split with
  the samples, and where none was named, the others without any.

  Attributes:
    prompting: how the teacher is asked.
    samples: K, of each question.
    vocabulary: of a student, to count what its tokens lose; None for none.
  """

  prompting: prompting_lib.Prompting = prompting_lib.Prompting()
  samples: int = 5
  vocabulary: str | None = None

  def __post_init__(self):
    super().__post_init__()
    if self.samples < 1:
      raise ValueError(
        f'Collection.samples is {self.samples}, expected at least 1.'
      )
    if self.samples > 1 and self.settings.temperature == 0:
      raise ValueError(
        f'Collection.samples is {self.samples} at temperature 0, which gives '
        'one sample again and again; raise the temperature or take 1 sample.'
      )

  def check(self) -> None:
    """As `Job.check`."""
    _ = self.data_set  # a misspelt task is none of the examples' mistakes
    self._prompting.check()
    if self.vocabulary:
      self._vocabulary.check()
    super().check()

  def requests(self) -> Iterator[request_lib.Request]:
    """As `Job.requests`: one for every question."""
    settings = dataclasses.replace(
      self.settings, stop=(*self._prompting.stop, *self.settings.stop)
    )
    for record in self.records():
      yield request_lib.Request(
        name=record.example_id,
        messages=self._prompting.messages(record),
        settings=settings,
        samples=tuple(range(self.samples)),
      )

  def about(self) -> Mapping[str, Any]:
    """As `Job.about`."""
    return {
      **super().about(),
      'form': self.prompting.form,
      'samples': self.samples,
    }

  @property
  def expected_tokens(self) -> int | None:
    """As `Job.expected_tokens`: what the examples have."""
    return self._prompting.expected_tokens

  def write(self, replies: replies_lib.Replies) -> str:
    """As `Job.write`: splits, summary and card."""
    path = self.folder / f'{self.asked_split}.jsonl'
    counts = counting.Counts(
      self.data_set.answers, self.samples, self._vocabulary
    )
    store.write(path, self._stored(replies, counts))
    self.write_others(self._bare)
    found = summary.of(counts, labels_shown=self._prompting.shows_label)
    text = json.dumps(found.to_json(), indent=2, ensure_ascii=False)
    job.write_text(self.folder / _SUMMARY, text)
    job.write_text(self.folder / _CARD, self._card(found, replies))
    return f'{found.text()}\n{path}: written'

  def _bare(self, split: str) -> Iterator[record_lib.Record]:
    """The records of a split, without rationales."""
    for record in self.data_set.records(split, self.data_dir):
      yield dataclasses.replace(record, rationales=())

  @functools.cached_property
  def _prompting(self) -> prompting_lib.Prompting:
    return self.prompting.of(self.task)

  @functools.cached_property
  def _vocabulary(self) -> vocabulary_lib.Vocabulary | None:
    if self.vocabulary is None:
      return None
    return vocabulary_lib.Vocabulary(path=self.vocabulary)

  def _stored(
    self, replies: replies_lib.Replies, counts: counting.Counts
  ) -> Iterator[record_lib.Record]:
    """The records with the samples that say something; counts all of them."""
    for record, request in zip(self.records(), self.requests()):
      said = tuple(
        self._rationale(record, number, reply)
        for number, reply in enumerate(replies.of(request))
        if reply is not None
      )
      counts.add(dataclasses.replace(record, rationales=said))
      kept = tuple(one for one in said if one.text)
      yield dataclasses.replace(record, rationales=kept)

  def _rationale(
    self, record: record_lib.Record, number: int, reply: request_lib.Reply
  ) -> record_lib.Rationale:
    """A sample; without text or answer where it gives none."""
    said = self._prompting.read(record, reply.text)
    text, answer = said.rationale, said.answer or ''
    if self._prompting.shows_label:
      # The answer is no word of the teacher's: it takes a reason to have it.
      answer = answer * (bool(text) and reply.finish not in _WITHHELD)
    elif answer and not text:
      text = f'The answer is {answer}.'
    return record_lib.Rationale(
      text=text,
      answer=answer,
      source=self.teacher.model,
      temperature=self.settings.temperature,
      sample=number,
      extra={} if reply.finish == 'stop' else {counting.FINISH: reply.finish},
    )

  def _card(self, found: summary.Summary, replies: replies_lib.Replies) -> str:
    first = next(self.requests())
    return card.text(
      card.Facts(
        task=self.task,
        split=self.asked_split,
        citation=self.data_set.citation,
        answers=self.data_set.answers,
        model=self.teacher.model,
        endpoints=tuple(replies.places),
        settings=first.settings,
        form=self.prompting.form,
        examples=self._prompting.examples,
        prompt=first.messages,
        summary=found,
        spent=replies.spent,
        prices=self.asking.prices,
        estimated=replies.estimated,
        date=datetime.date.today(),
      )
    )
