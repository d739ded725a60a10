"""What is counted while the records of a store go by."""

import collections
import dataclasses
from collections.abc import Sequence

from distill_jax.data import census
from distill_jax.rationales import record as record_lib
from distill_jax.teachers.stores import figures
from distill_jax.text import answers as answers_lib
from distill_jax.text import consistency, endings, prompts
from distill_jax.text import tokenizer as tokenizer_lib

FINISH = 'finish'  # where a rationale's extra says why it ended
CUT = 'length'
ORDINARY = ('stop', CUT)
_FEATURE = 'rationales'


@dataclasses.dataclass(kw_only=True)
class Plain:
  """Counts that a summary shows as they are; `summary.Summary` says of what."""

  questions: int = 0
  short: int = 0
  without: int = 0
  samples: int = 0
  unparsed: int = 0
  empty: int = 0
  bare: int = 0
  labelled: int = 0
  unusable_labels: int = 0
  ties: int = 0
  usable: int = 0


class Counts:
  """Counters of a store; they do not grow with it. See `summary.Summary`.

  A rationale without text is a sample that said nothing. No file holds one,
  but it was asked for and counts.
  """

  def __init__(
    self,
    answers: answers_lib.Answers,
    wanted: int | None,
    vocabulary: tokenizer_lib.Tokenizer | None,
  ):
    self._answers = answers
    self.wanted = wanted
    self._vocabulary = vocabulary
    self._census = None if vocabulary is None else census.Census(vocabulary)
    self._agreements = (0, 0.0)  # questions, sum of shares
    self.plain = Plain()
    self.finishes: collections.Counter[str] = collections.Counter()
    self.judged = self.judged_samples = self.judged_ties = 0
    self.right_samples = self.right_first = 0
    self.right_votes = self.right_ties = 0
    self.positives = self.negatives = 0
    self.words: collections.Counter[int] = collections.Counter()
    self.tokens: collections.Counter[int] = collections.Counter()

  def add(self, record: record_lib.Record) -> None:
    """Counts a question and its samples."""
    answers = self._answers.among(record.choices)
    gold = self._gold(record, answers)
    self.plain.questions += 1
    self.plain.short += len(record.rationales) < (self.wanted or 0)
    self.plain.without += not record.rationales
    if not record.rationales:
      return
    given = prompts.given_answers(record.rationales, answers)
    vote = consistency.vote(given, answers.same)
    self.plain.samples += len(given)
    self.plain.unparsed += len(vote.unparsed)
    self.finishes.update(
      str(one.extra.get(FINISH) or 'stop') for one in record.rationales
    )
    self._add_vote(record, given, vote, answers)
    if gold is not None:
      self._judge(given, vote, gold, answers)

  def agreement(self) -> float | None:
    """How often a question's answers agree, None where none could."""
    questions, total = self._agreements
    return total / questions if questions else None

  def lost(self) -> tuple[figures.Share | None, tuple[str, ...]]:
    """Rationales that lose characters in the vocabulary, and which."""
    if self._census is None:
      return None, ()
    found = self._census.facts().get(_FEATURE)
    total = self.tokens.total()
    number = round(found['share'] * total) if found else 0
    lost = tuple(found['characters']) if found else ()
    return figures.share(number, total), lost

  def _gold(
    self, record: record_lib.Record, answers: answers_lib.Answers
  ) -> str | None:
    """The parsed label, None where there is none to judge by."""
    if record.label is None:
      return None
    self.plain.labelled += 1
    if answers.valid(record.label):
      return answers.parse(record.label)
    self.plain.unusable_labels += 1
    return None

  def _add_vote(
    self,
    record: record_lib.Record,
    given: Sequence[str | None],
    vote: consistency.Vote,
    answers: answers_lib.Answers,
  ) -> None:
    """Counts who won and lost, and the rationales themselves."""
    signs = collections.Counter()
    for sample, one in enumerate(record.rationales):
      text = endings.strip_answer(one.text)
      if text:
        signs[vote.sign(sample)] += 1
        self._add_text(text)
      elif one.text:
        self.plain.bare += 1
      else:
        self.plain.empty += 1
    self.plain.ties += vote.tie
    self.positives += signs[1]
    self.negatives += signs[-1]
    self.plain.usable += bool(signs[1] and signs[-1])
    said = [answer for answer in given if answer is not None]
    if len(said) > 1:
      winner = given[vote.majority]
      same = sum(answers.same(winner, answer) for answer in said)
      questions, total = self._agreements
      self._agreements = (questions + 1, total + same / len(said))

  def _add_text(self, text: str) -> None:
    self.words[len(text.split())] += 1
    if self._vocabulary is not None:
      self.tokens[len(self._vocabulary.encode(text)) + 1] += 1
      self._census.add({_FEATURE: text})

  def _judge(
    self,
    given: Sequence[str | None],
    vote: consistency.Vote,
    gold: str,
    answers: answers_lib.Answers,
  ) -> None:
    """Counts which answers are the right one."""
    right = [
      answer is not None and answers.same(answer, gold) for answer in given
    ]
    voted = vote.majority is not None and right[vote.majority]
    self.judged += 1
    self.judged_samples += len(given)
    self.judged_ties += vote.tie
    self.right_samples += sum(right)
    self.right_first += right[0]
    self.right_votes += voted
    self.right_ties += vote.tie and voted
