"""Makes `text/embedded.model`, the small vocabulary of the story problems.

    python -m distill_jax.rationales.story_vocabulary

Every word, sign and number below 100 of the story problems is one piece, so
that a tiny model copies a quantity in one step, and so are the prompts'
prefixes. All other text falls into characters. Ids follow T5: 0 padding, 1 end
of sequence, 2 unknown.
"""

import pathlib
from collections.abc import Iterator

from distill_jax.rationales import story_problems, word_vocabulary

PATH = pathlib.Path(__file__).parent.parent / 'text' / 'embedded.model'
_PREFIXES = ('[label]', '[rationale]')


def make() -> bytes:
  """The serialised SentencePiece model, the same on every call."""
  words = (*_PREFIXES, *_words())
  pieces = [word_vocabulary.SPACE + word for word in words]
  return word_vocabulary.make(pieces, _texts())


def _words() -> list[str]:
  """Numbers first, then all else that stands between spaces."""
  found = {word.rstrip('.,:?') for text in _texts() for word in text.split()}
  numbers = list(map(str, range(100)))
  return numbers + sorted(found - {'', *numbers})


def _texts() -> Iterator[str]:
  """Questions, labels and rationales of the training questions."""
  for record in story_problems.read('train'):
    yield record.question
    yield record.label
    for rationale in record.rationales:
      yield rationale.text


if __name__ == '__main__':
  PATH.write_bytes(make())
