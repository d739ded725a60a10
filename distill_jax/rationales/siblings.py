"""Test questions that a training question nearly repeats.

Of SVAMP's 200 test questions 150 differ from a training question in little
but their numbers; the other 50 tell more about what was learnt.
"""

import re
from collections.abc import Iterable, Sequence

THRESHOLD = 0.8


def without_sibling(
  questions: Sequence[str],
  references: Iterable[str],
  threshold: float = THRESHOLD,
) -> tuple[int, ...]:
  """Which questions have no sibling among the references.

  Two questions are siblings where the words they share, numbers left out,
  are more than `threshold` of all their words (Jaccard index of the sets).
  """
  known = [_words(reference) for reference in references]
  return tuple(
    index
    for index, question in enumerate(questions)
    if not _has_sibling(_words(question), known, threshold)
  )


def _has_sibling(
  words: frozenset[str], known: Sequence[frozenset[str]], threshold: float
) -> bool:
  return any(
    len(words & other) > threshold * len(words | other) for other in known
  )


def _words(question: str) -> frozenset[str]:
  return frozenset(re.findall(r'[^\W\d_]+', question.lower()))
