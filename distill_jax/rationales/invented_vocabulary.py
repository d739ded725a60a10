"""Makes `text/invented_facts.model`, the vocabulary of the invented facts.

    python -m distill_jax.rationales.invented_vocabulary

Every word is one piece, and so is every syllable of a land's name: a tiny model
copies an animal in one step and a name that it never saw in two. All other text
falls into characters. Ids follow T5: 0 padding, 1 end of sequence, 2 unknown.
"""

import io
import pathlib
from collections.abc import Iterator

import sentencepiece

from distill_jax.rationales import invented_wording as wording

PATH = pathlib.Path(__file__).parent.parent / 'text' / 'invented_facts.model'
_FORM = (
  *('Question:', 'Knowledge:', 'Explanation:', 'Answer:'),
  *('[label]', '[rationale]'),
)
_SPACE = '\u2581'  # what SentencePiece writes where a word begins
_SPECIAL = ('<pad>', '</s>', '<unk>')
_CHARACTERS = _SPACE + ''.join(map(chr, range(33, 127)))


def make() -> bytes:
  """The serialised SentencePiece model, the same on every call."""
  model = io.BytesIO()
  starts = (*_FORM, *wording.ANIMALS, *wording.FIRST, *_words())
  pieces = [*(_SPACE + start for start in starts), *wording.SECOND]
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
  """All that stands between spaces, in an order that does not change."""
  return sorted({w.strip('.,?') for t in _texts() for w in t.split()} - {'-'})


def _texts() -> Iterator[str]:
  """All wordings, with a dash where a name or an animal stands."""
  for relation in wording.RELATIONS:
    for frame in (
      *relation.passages,
      *relation.named,
      *relation.described,
      *relation.held_out,
      *relation.stated,
    ):
      text = frame.format(e='-', v='-')
      yield text
      yield text[0].upper() + text[1:]
  for telling in wording.TELLINGS:
    yield telling.format(clause='-', Clause='-', v='-')


if __name__ == '__main__':
  PATH.write_bytes(make())
