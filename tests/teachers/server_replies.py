"""What the test server writes, and how it counts tokens."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import tokenizers

from distill_jax.teachers import scripted
from tests import shared

Messages = Sequence[Mapping[str, str]]


def plain(messages: Messages, key: str) -> str:
  """The same text for the same key."""
  del messages
  said = hashlib.sha256(key.encode()).hexdigest()
  return f'<Explanation>: It is {said}. <Answer>: ( {int(said[:2], 16)} )'


def by_length() -> Callable[[str], int]:
  """A token is four characters, begun ones included."""
  return lambda text: -(-len(text) // 4)


def story(messages: Messages, key: str) -> str:
  """What the scripted teacher says to the last turn."""
  return scripted.reply(messages[-1]['content'], key)


def opt() -> Callable[[str], int]:
  """The byte pairs of OPT, a vocabulary of 50,265."""
  folder = shared.root() / 'tokenizers'
  pairs = tokenizers.ByteLevelBPETokenizer(
    str(folder / 'opt_vocab.json'), str(folder / 'gpt2_merges.txt')
  )
  return lambda text: len(pairs.encode(text))
