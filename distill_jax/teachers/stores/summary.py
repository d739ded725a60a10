"""What a rationale store is worth: counts, accuracies, votes, lengths."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from distill_jax.rationales import record as record_lib
from distill_jax.teachers.stores import counting
from distill_jax.teachers.stores import figures as figures_lib
from distill_jax.text import answers as answers_lib
from distill_jax.text import tokenizer as tokenizer_lib

_SHOWN = (
  'the teacher was shown the right answers, so its accuracy says nothing of '
  'how good it is'
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary:
  """Figures of a store.

  Of an accuracy, questions without a usable label or without any sample are
  left out, and a sample without an answer is wrong.

  Attributes:
    questions: all of them.
    wanted: samples wanted of each question, None where nobody said.
    short: questions with fewer; 0 where nobody said.
    without: questions without any sample.
    samples: all of them.
    unparsed: samples without an answer: no vote and never a candidate.
    empty: samples of these that say nothing, which no store holds.
    bare: samples that say nothing but an answer: never a candidate.
    cut: samples that the limit of tokens ended.
    finishes: samples by what else ended them, other than a natural stop.
    labelled: questions with a label.
    unusable_labels: labels that are no answer of the kind.
    sample: accuracy of the samples, all alike.
    first: accuracy of the first sample of each question.
    vote: accuracy of the vote; in a tie the answer sampled first wins.
    untied: the same of the questions without a tie.
    ties: questions whose vote is a tie.
    usable: questions with a positive and a negative, as QCRD needs
      (arXiv:2405.13014).
    positives: samples that won the vote, mean over questions with samples.
    negatives: samples that lost it, the same.
    agreement: share of a question's answers that are its most frequent one,
      mean over questions with two answers or more; None without such.
    words: lengths of the rationales, without the sentence that states the
      answer; None where there is none.
    tokens: the same in tokens of the vocabulary, with the end of sequence.
    lossy: rationales that lose characters in the vocabulary.
    lost: some of these characters.
    labels_shown: whether the teacher was shown the right answers.
  """

  questions: int
  wanted: int | None
  short: int
  without: int
  samples: int
  unparsed: int
  empty: int
  bare: int
  cut: int
  finishes: Mapping[str, int]
  labelled: int
  unusable_labels: int
  sample: figures_lib.Share | None
  first: figures_lib.Share | None
  vote: figures_lib.Share | None
  untied: figures_lib.Share | None
  ties: int
  usable: int
  positives: float
  negatives: float
  agreement: float | None
  words: figures_lib.Lengths | None
  tokens: figures_lib.Lengths | None
  lossy: figures_lib.Share | None
  lost: tuple[str, ...]
  labels_shown: bool

  def to_json(self) -> dict[str, Any]:
    """The figures as JSON has them."""
    found = {
      field.name: getattr(self, field.name)
      for field in dataclasses.fields(self)
    }
    kinds = figures_lib.Share | figures_lib.Lengths
    return {
      name: value.to_json() if isinstance(value, kinds) else value
      for name, value in found.items()
    } | {'finishes': dict(self.finishes), 'lost': list(self.lost)}

  def rows(self) -> Iterator[tuple[str, str]]:
    """Each figure that there is: what it is, and how it reads."""
    yield 'questions', self._questions()
    yield 'samples', self._samples()
    if self.unusable_labels:
      yield 'unusable labels', f'{self.unusable_labels:,}'
    yield from self._accuracies()
    for name, number in (('ties', self.ties), ('usable for QCRD', self.usable)):
      yield name, f'{number:,} of {self.questions:,} questions'
    yield 'positives', f'{self.positives:.2f} per question'
    yield 'negatives', f'{self.negatives:.2f} per question'
    if self.agreement is not None:
      yield 'agreement', f'{self.agreement:.1%}'
    for name, found in (('words', self.words), ('tokens', self.tokens)):
      if found:
        yield name, str(found)
    if self.lossy:
      yield 'losing characters', self._lossy()
    if self.labels_shown:
      yield 'note', _SHOWN

  def text(self) -> str:
    """The figures, one on each line."""
    rows = list(self.rows())
    width = max(len(name) for name, _ in rows)
    return '\n'.join(f'{name:{width}}  {said}' for name, said in rows)

  def _questions(self) -> str:
    said = f'{self.questions:,}, {self.without:,} without any sample'
    if self.wanted is None:
      return said
    return f'{said}, {self.short:,} with fewer than {self.wanted:,}'

  def _samples(self) -> str:
    said = (
      f'{self.samples:,}, {self.unparsed:,} without an answer'
      f'{f" ({self.empty:,} say nothing at all)" * bool(self.empty)}, '
      f'{self.bare:,} with nothing but one, {self.cut:,} cut by the limit'
    )
    others = (
      f'{number:,} ended by {name}' for name, number in self.finishes.items()
    )
    return ', '.join([said, *others])

  def _accuracies(self) -> Iterator[tuple[str, str]]:
    for name, found in (
      ('accuracy of a sample', self.sample),
      ('of the first sample', self.first),
      ('of the vote', self.vote),
      ('of the vote, no ties', self.untied),
    ):
      if found:
        yield name, str(found)

  def _lossy(self) -> str:
    if not self.lossy.number:
      return 'none'
    return f'{self.lossy}: {" ".join(map(repr, self.lost))}'


def summarise(
  records: Iterable[record_lib.Record],
  answers: answers_lib.Answers,
  wanted: int | None,
  vocabulary: tokenizer_lib.Tokenizer | None = None,
  *,
  labels_shown: bool = False,
) -> Summary:
  """The figures of a store; memory does not grow with its records.

  Args:
    records: of the store.
    answers: the kind of answer.
    wanted: samples wanted of each question, None where nobody said.
    vocabulary: of a student, for tokens and characters lost; None for words
      alone.
    labels_shown: whether the teacher was shown the right answers.
  """
  counts = counting.Counts(answers, wanted, vocabulary)
  for record in records:
    counts.add(record)
  return of(counts, labels_shown=labels_shown)


def of(counts: counting.Counts, *, labels_shown: bool = False) -> Summary:
  """The figures of what was counted.

  Args:
    counts: of the records.
    labels_shown: as `summarise`.
  """
  with_samples = max(counts.plain.questions - counts.plain.without, 1)
  share = figures_lib.share
  lossy, lost = counts.lost()
  return Summary(
    **dataclasses.asdict(counts.plain),
    wanted=counts.wanted,
    cut=counts.finishes[counting.CUT],
    finishes={
      name: number
      for name, number in counts.finishes.most_common()
      if name not in counting.ORDINARY
    },
    sample=share(counts.right_samples, counts.judged_samples, counts.judged),
    first=share(counts.right_first, counts.judged),
    vote=share(counts.right_votes, counts.judged),
    untied=share(
      counts.right_votes - counts.right_ties,
      counts.judged - counts.judged_ties,
    ),
    positives=counts.positives / with_samples,
    negatives=counts.negatives / with_samples,
    agreement=counts.agreement(),
    words=figures_lib.lengths(counts.words),
    tokens=figures_lib.lengths(counts.tokens),
    lossy=lossy,
    lost=lost,
    labels_shown=labels_shown,
  )
