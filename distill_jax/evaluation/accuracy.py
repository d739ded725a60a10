"""How many questions a student answers as it should."""

import dataclasses
import math
from collections.abc import Sequence

from distill_jax.text import answers as answers_lib

_Z = 1.959963984540054  # two-sided 95 % of the normal distribution


@dataclasses.dataclass(frozen=True, kw_only=True)
class Accuracy:
  """Share of right answers, with what one test set leaves open.

  Attributes:
    accuracy: in [0, 1]; an answer that cannot be parsed is wrong.
    low: lower end of the 95 % interval.
    high: upper end.
    num_examples: questions asked.
    unparsed: answers that could not be parsed.
  """

  accuracy: float
  low: float
  high: float
  num_examples: int
  unparsed: int


def measure(
  predictions: Sequence[str],
  labels: Sequence[str],
  answers: answers_lib.Answers,
) -> Accuracy:
  """Compares decoded labels with the right ones.

  Args:
    predictions: what the student wrote, one text per question.
    labels: the right labels, in the same order.
    answers: the kind of answer, which says when two agree.

  Raises:
    ValueError: no question, or lists of different lengths.
  """
  if len(predictions) != len(labels) or not labels:
    raise ValueError(
      f'accuracy needs as many predictions as labels and at least one, got '
      f'{len(predictions)} and {len(labels)}'
    )
  pairs = zip(predictions, labels, strict=True)
  right = sum(answers.correct(prediction, label) for prediction, label in pairs)
  low, high = wilson(right, len(labels))
  return Accuracy(
    accuracy=right / len(labels),
    low=low,
    high=high,
    num_examples=len(labels),
    unparsed=sum(not answers.valid(prediction) for prediction in predictions),
  )


def wilson(right: int, total: int) -> tuple[float, float]:
  """95 % interval of a share, by Wilson's score.

  (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), p = right / total.
  Unlike p -+ z sqrt(p(1-p)/n) it stays inside [0, 1] and keeps a width where p
  is 0 or 1.

  Reference: E. B. Wilson, Journal of the American Statistical Association 22
  (1927), 209-212.
  """
  p = right / total
  z = _Z**2 / total
  centre = p + z / 2
  spread = _Z * math.sqrt(p * (1 - p) / total + z / (4 * total))
  low, high = (centre - spread) / (1 + z), (centre + spread) / (1 + z)
  # Exact at the ends, where rounding would leave a trace.
  return low if right else 0.0, high if right < total else 1.0
