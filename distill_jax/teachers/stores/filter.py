"""Rationales that lead to the right answer, and no others.

A model is shown a question and a rationale, without the sentence that states
the answer, and answers. KARD keeps a rationale where it hits the gold label
(arXiv:2305.18395).
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.rationales import store
from distill_jax.teachers import job
from distill_jax.teachers import replies as replies_lib
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.prompting import reading, worded, wording
from distill_jax.teachers.stores import data_job, filtered, summary
from distill_jax.text import answers as answers_lib
from distill_jax.text import endings, prompts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filter(data_job.DataJob):
  """The rationales of one split of a data set, filtered.

  The folder becomes a data set of its own, `task='records'`. A question whose
  rationales all go stays with its label and none; one without a label is left
  out, for nothing can be checked. The other splits are copied.

  Attributes:
    task: that reads the rationales, as a run that trains on them would.
    prompt: how the model is asked: a name of `prompting/filters`, or a TOML
      file of one's own.
  """

  task: str = 'records'
  prompt: str = 'answer'

  def check(self) -> None:
    """As `Job.check`."""
    _ = self._wording
    super().check()

  def requests(self) -> Iterator[request_lib.Request]:
    """As `Job.requests`: one for every text that is to be checked."""
    for record in self.records():
      yield from self._asked(record).values()

  def about(self) -> Mapping[str, Any]:
    """As `Job.about`."""
    return {**super().about(), 'prompt': self.prompt}

  def write(self, replies: replies_lib.Replies) -> str:
    """As `Job.write`: splits, counts and card."""
    counts = filtered.Counts()
    path = self.folder / f'{self.asked_split}.jsonl'
    store.write(path, self._kept(replies, counts))
    self.write_others(lambda split: self.data_set.records(split, self.data_dir))
    left = summary.summarise(store.read(path), self.data_set.answers, None)
    result = filtered.Result(
      task=self.task,
      split=self.asked_split,
      model=self.teacher.model,
      endpoints=tuple(replies.places),
      prompt=next(self.requests()).messages,
      answers=self.data_set.answers,
      spent=replies.spent,
      prices=self.asking.prices,
      estimated=replies.estimated,
      counts=counts,
      left=left,
    )
    job.write_text(self.folder / 'summary.json', result.to_json())
    job.write_text(self.folder / 'README.md', result.card())
    return f'{counts.text()}\n{path}: written'

  def _asked(self, record: record_lib.Record) -> dict[str, request_lib.Request]:
    """What is asked about a record, by the text that is checked.

    Raises:
      ValueError: its label is no answer of the kind.
    """
    if prompts.gold(record, self.data_set.answers) is None:
      return {}
    asked = {}
    for number, text in enumerate(map(_text, record.rationales)):
      if text and text not in asked:
        asked[text] = request_lib.Request(
          name=f'{record.example_id}, rationale {number}',
          messages=self._wording.messages(
            {
              'question': prompts.question(self._offered(record)),
              'rationale': text,
            }
          ),
          settings=self.settings,
        )
    return asked

  def _kept(
    self, replies: replies_lib.Replies, counts: filtered.Counts
  ) -> Iterator[record_lib.Record]:
    """The records with the rationales that stay; counts what it sees."""
    for record in self.records():
      if record.label is None:
        counts.unlabelled += 1
        continue
      answers = self._reader(record)
      offered = self._offered(record)
      gold = prompts.gold(record, self.data_set.answers)
      said = {
        text: self._said(offered, replies.of(request)[0])
        for text, request in self._asked(record).items()
      }
      fates = [
        filtered.fate(said.get(text), gold, answers) if text else filtered.BARE
        for text in map(_text, record.rationales)
      ]
      kept = tuple(
        rationale
        for rationale, fate in zip(record.rationales, fates)
        if fate == filtered.KEPT
      )
      counts.add(record, fates)
      yield dataclasses.replace(record, rationales=kept)

  def _said(
    self, record: record_lib.Record, reply: request_lib.Reply | None
  ) -> str | None:
    """The answer that a reply gives, '' for none; None where it is missing."""
    if reply is None:
      return None
    said = reading.read(self._wording.form, reply.text)
    return worded.meant(record, said.answer) or ''

  def _offered(self, record: record_lib.Record) -> record_lib.Record:
    """The record with all that an answer can be, where that is known."""
    choices = record.choices or self.data_set.answers.choices
    return dataclasses.replace(record, choices=choices)

  def _reader(self, record: record_lib.Record) -> answers_lib.Answers:
    """What reads an answer to that question, a letter too."""
    answers = self.data_set.answers
    if answers.choices:
      return answers_lib.Offered(choices=answers.choices)
    return answers.among(record.choices)

  @functools.cached_property
  def _wording(self) -> wording.Wording:
    return wording.read('filters', self.prompt, ('question', 'rationale'))


def _text(rationale: record_lib.Rationale) -> str:
  """What is checked: the rationale without its answer; '' if it is no more."""
  return endings.strip_answer(rationale.text)
