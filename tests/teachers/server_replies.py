"""What the test server writes, and how it counts tokens."""

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence

import tokenizers
from distill_jax.tasks import svamp as task

from distill_jax.teachers import scripted
from distill_jax.text import endings
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


def t5() -> Callable[[str], int]:
  """T5's SentencePiece, a vocabulary of 32,000."""
  path = shared.root() / 'tokenizers' / 't5-base-tokenizer.json'
  pieces = tokenizers.Tokenizer.from_file(str(path))
  return lambda text: len(pieces.encode(text, add_special_tokens=False))


def svamp(messages: Messages, key: str) -> str:
  """What PaLM said to the question of SVAMP in the last turn."""
  del key
  return _palm()[messages[-1]['content']]


@functools.cache
def _palm() -> dict[str, str]:
  """PaLM's replies to the training questions, in the form 'qcrd'."""
  records = task.DATA_SET.records('train', str(shared.root() / 'svamp'))
  said = {}
  for record in records:
    text, answer = endings.split(record.rationales[0].text)
    said[record.question] = f'<Explanation>: {text} <Answer>: {answer}'
  return said
