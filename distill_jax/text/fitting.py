"""Texts that lose words in their middle, so that their end stays."""

import bisect
from collections.abc import Callable

Fits = Callable[[str], bool]


def shortened(body: str, end: str, fits: Fits) -> str:
  """Returns body + end with as many words of the body as fit.

  `shortened('Ice floats on water.', ' Answer: (b)', fits)` is 'Ice floats
  Answer: (b)' where no more words fit. The end stays whole even if it alone
  does not fit.

  Args:
    body: loses words from its end on.
    end: is kept.
    fits: whether a text keeps its limit; a longer text never fits better.
  """
  if fits(body + end):
    return body + end
  words = body.split(' ')
  first = lambda number: ' '.join(words[:number]) + end
  too_many = bisect.bisect_left(
    range(len(words)), True, key=lambda number: not fits(first(number))
  )
  return first(max(too_many - 1, 0))
