"""What a vocabulary cannot spell."""

import collections
import dataclasses
from collections.abc import Sequence

from distill_jax.text import vocabulary as vocabulary_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lost:
  """What texts lose when they become ids.

  Attributes:
    share: share of the texts that lose a character, in [0, 1].
    characters: the lost characters, most frequent first.
  """

  share: float
  characters: tuple[str, ...]


def lost(vocabulary: vocabulary_lib.Vocabulary, texts: Sequence[str]) -> Lost:
  r"""Which characters of the texts a vocabulary lacks.

  T5's lacks `{ } < ~ \ ^` and reads a newline as a space: with it, the texts
  'a < b' and 'a' lose '<' in a share of 0.5. Spaces around a text do not
  count.
  """
  counts: collections.Counter[str] = collections.Counter()
  held = [collections.Counter(text.strip()) for text in texts]
  missing = _missing(vocabulary, set().union(*held))
  for characters in held:
    counts.update({c: n for c, n in characters.items() if c in missing})
  losing = sum(not missing.isdisjoint(characters) for characters in held)
  return Lost(
    share=losing / max(len(texts), 1),
    characters=tuple(character for character, _ in counts.most_common()),
  )


def _missing(
  vocabulary: vocabulary_lib.Vocabulary, characters: set[str]
) -> set[str]:
  return {c for c in characters if not spells(vocabulary, c)}


def spells(vocabulary: vocabulary_lib.Vocabulary, character: str) -> bool:
  """Whether a character inside a text survives its way through ids."""
  if character.isspace():
    between = f'a{character}a'
    return vocabulary.decode(vocabulary.encode(between)) == between
  return vocabulary.unk_id not in vocabulary.encode(character)
