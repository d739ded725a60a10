"""What a student's rationales come to, and how like the teacher's they are."""

import dataclasses
from collections.abc import Sequence

from rouge_score import rouge_scorer

from distill_jax.text import answers as answers_lib
from distill_jax.text import endings

_ROUGE = 'rougeL'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Explanation:
  """One rationale beside the answer that was given with it.

  Attributes:
    implied: the answer that the rationale states or comes to, or None.
    right: whether that is the right one.
    agrees: whether it is the answer that the student gave; None where there is
      none.
  """

  implied: str | None
  right: bool
  agrees: bool | None


def read(
  rationale: str, prediction: str, label: str, answers: answers_lib.Answers
) -> Explanation:
  """Returns what a rationale comes to.

  A rationale that ends in a sentence with an answer states it; where it states
  none, what it computes last counts, for kinds of answers that are computed.

  Args:
    rationale: as the student wrote it.
    prediction: the label it gave to the same question.
    label: the right one.
    answers: the kind of answer, among the question's choices.
  """
  body, stated = endings.split(rationale)
  implied = answers.parse(stated) if stated else answers.implied(body)
  if implied is None:
    return Explanation(implied=None, right=False, agrees=None)
  given, gold = answers.parse(prediction), answers.parse(label)
  return Explanation(
    implied=implied,
    right=gold is not None and answers.same(implied, gold),
    agrees=given is not None and answers.same(implied, given),
  )


def summary(found: Sequence[Explanation]) -> dict[str, float]:
  """Returns shares over the rationales of a split.

  `implied` come to an answer, `implied_accuracy` to the right one (both of all
  rationales), `agreement` to the one that was given (of those that come to
  any).
  """
  if not found:
    return {}
  coming = [one for one in found if one.implied is not None]
  shares = {
    'implied': len(coming) / len(found),
    'implied_accuracy': sum(one.right for one in found) / len(found),
  }
  if coming:
    shares['agreement'] = sum(bool(one.agrees) for one in coming) / len(coming)
  return shares


def rouge_l(written: Sequence[str], references: Sequence[str]) -> list[float]:
  """Returns the F-measure of ROUGE-L of each text against its reference.

  Reference: C.-Y. Lin, "ROUGE: A package for automatic evaluation of
  summaries" (2004), in the form of the `rouge-score` package, with stemming.

  Args:
    written: the student's rationales.
    references: the teacher's.
  """
  scorer = rouge_scorer.RougeScorer([_ROUGE], use_stemmer=True)
  return [
    scorer.score(reference, text)[_ROUGE].fmeasure
    for text, reference in zip(written, references, strict=True)
  ]
