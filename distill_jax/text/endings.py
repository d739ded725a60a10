"""The sentence that ends a completion and gives its answer away.

A rationale is trained on and scored without it: otherwise a critic compares
the last number with the question's and never reads the reasoning.
"""

import re

# "So the answer is (84 / 2).", "Answer: 42", "<Answer>: (d) restaurant",
# "#### 51"; the words that lead up to it belong to it.
_LEAD = (
  r'(?:(?:so|thus|hence|therefore|finally|then|and|in conclusion),?\s+){0,3}'
)
_KIND = r'(?:(?:final|correct|right|best|most likely)\s+){0,3}'
_MARKER = re.compile(
  rf'(?<![a-z]){_LEAD}(?:'
  rf'(?:the|my|our)\s+{_KIND}(?:answer|choice|option)\s+'
  r'(?:is|would be)\b:?'
  rf'|<?\b{_KIND}answer\b>?\s*:'
  r'|\#{4}'
  r')[ \t]*',
  re.IGNORECASE,
)

_REPEATS = 4  # answer sentences before the last one
# "5. However, it may": the answer was not the last sentence. A capital after
# a short word with a stop, as in "St. Louis", begins no sentence.
_GOES_ON = re.compile(r'[\w)"\']{3}[.!?]["\')]*\s+(?=[A-Z"(])')


def split(completion: str) -> tuple[str, str | None]:
  """A completion's rationale and the answer its last sentence gives.

  `split('84 / 2 = 42. The answer is (84 / 2).')` is
  `('84 / 2 = 42.', '(84 / 2).')`. The answer is None where no sentence at the
  end gives one; the rationale then is the whole completion. A marker that
  other lines follow, such as a heading "Final Answer: How many?", gives none.
  """
  text = completion.strip()
  markers = list(_MARKER.finditer(text))
  if not markers:
    return text, None
  answer = text[markers[-1].end() :].strip()
  if '\n' in answer:
    return text, None
  return text[: markers[-1].start()].rstrip(' \n\t,;'), answer


def strip_answer(text: str) -> str:
  """The rationale without the sentences at its end that state the answer.

  `strip_answer('84 / 2 = 42. So the answer is (84 / 2).')` is '84 / 2 = 42.';
  a text that is nothing but its answer becomes ''. What comes before the last
  answer sentence goes too where it is another one, as the heading "Final
  answer: How many?", but never reasoning that begins "The answer is a place".
  """
  return _strip_sentences(split(text)[0])


def strip_last(rationale: str) -> str:
  """As `strip_answer`, of a text that need not end with its answer.

  'An answer: a place. Only (b) is one.' stays as it is: reasoning follows.
  """
  before, answer = split(rationale)
  if answer is None or _GOES_ON.search(answer):
    return rationale
  return _strip_sentences(before)


def _strip_sentences(rationale: str) -> str:
  """The rationale without whole sentences at its end that state an answer."""
  for _ in range(_REPEATS):
    kept = rationale
    rationale, answer = split(kept)
    if answer is None or not _is_sentence(rationale, answer):
      return kept
  return rationale


def _is_sentence(before: str, answer: str) -> bool:
  """Whether an answer begins and ends with its own sentence."""
  begins = not before or before.endswith(('.', '!', '?', ':', ')', '"'))
  return begins and _GOES_ON.search(answer) is None
