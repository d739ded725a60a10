"""Makes `text/invented_facts.model`, the vocabulary of the invented facts.

    python -m distill_jax.rationales.invented_vocabulary

Every word is one piece, and so is every syllable of a land's name: a tiny model
copies an animal in one step and a name that it never saw in two. All other text
falls into characters. Ids follow T5: 0 padding, 1 end of sequence, 2 unknown.
"""

import pathlib
from collections.abc import Iterator

from distill_jax.rationales import invented_wording as wording
from distill_jax.rationales import word_vocabulary

PATH = pathlib.Path(__file__).parent.parent / 'text' / 'invented_facts.model'
_FORM = (
  *('Question:', 'Knowledge:', 'Explanation:', 'Answer:'),
  *('[label]', '[rationale]'),
)


def make() -> bytes:
  """The serialised SentencePiece model, the same on every call."""
  starts = (*_FORM, *wording.ANIMALS, *wording.FIRST, *_words())
  begun = (word_vocabulary.SPACE + start for start in starts)
  return word_vocabulary.make([*begun, *wording.SECOND], _texts())


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
