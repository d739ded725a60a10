"""Test questions that a training question nearly repeats.

Of SVAMP's 200 test questions 150 differ from a training question in little
but their numbers; the other 50 tell more about what was learnt.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

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
  holders: dict[str, list[frozenset[str]]] = {}
  for reference in map(_words, references):
    for word in reference:
      holders.setdefault(word, []).append(reference)
  return tuple(
    index
    for index, question in enumerate(questions)
    if not _has_sibling(_words(question), holders, threshold)
  )


def _has_sibling(
  words: frozenset[str],
  holders: Mapping[str, Sequence[frozenset[str]]],
  threshold: float,
) -> bool:
  # A sibling holds more than threshold * n of the n words, so it holds one of
  # any n - floor(threshold * n) of them; the rarest have the fewest holders.
  enough = len(words) - int(threshold * len(words))
  held = sorted((holders.get(word, ()) for word in words), key=len)
  return any(
    len(words & other) > threshold * len(words | other)
    for others in held[:enough]
    for other in others
  )


def _words(question: str) -> frozenset[str]:
  return frozenset(re.findall(r'[^\W\d_]+', question.lower()))
