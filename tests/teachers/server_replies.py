"""What the test server writes, and how it counts tokens."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

Messages = Sequence[Mapping[str, str]]


def plain(messages: Messages, key: str) -> str:
  """The same text for the same key."""
  del messages
  said = hashlib.sha256(key.encode()).hexdigest()
  return f'<Explanation>: It is {said}. <Answer>: ( {int(said[:2], 16)} )'


def by_length() -> Callable[[str], int]:
  """A token is four characters, begun ones included."""
  return lambda text: -(-len(text) // 4)
