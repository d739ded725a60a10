"""Makes `text/embedded.model`, the small vocabulary of the story problems.

    python -m distill_jax.rationales.story_vocabulary

Every word, sign and number below 100 of the story problems is one piece, so
that a tiny model copies a quantity in one step, and so are the prompts'
prefixes. All other text falls into characters. Ids follow T5: 0 padding, 1 end
of sequence, 2 unknown.
"""

import io
import pathlib
from collections.abc import Iterator

import sentencepiece

from distill_jax.rationales import story_problems

PATH = pathlib.Path(__file__).parent.parent / 'text' / 'embedded.model'
_PREFIXES = ('[label]', '[rationale]')
_SPACE = '\u2581'  # what SentencePiece writes where a word begins
_SPECIAL = ('<pad>', '</s>', '<unk>')
_CHARACTERS = _SPACE + ''.join(map(chr, range(33, 127)))


def make() -> bytes:
  """The serialised SentencePiece model, the same on every call."""
  model = io.BytesIO()
  pieces = [_SPACE + word for word in (*_PREFIXES, *_words())]
  sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=_texts(),
    model_writer=model,
    model_type='char',
    vocab_size=len(pieces) + len(_SPECIAL) + len(_CHARACTERS),
    character_coverage=1.0,
    required_chars=_CHARACTERS,
    user_defined_symbols=pieces,
    pad_id=0,
    eos_id=1,
    unk_id=2,
    bos_id=-1,
    num_threads=1,
    minloglevel=2,
  )
  return model.getvalue()


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
