"""How many tokens a text has for a large model whose vocabulary is not here."""

import re

_PIECES = re.compile(r"'\w+| ?[A-Za-z]+| ?\d+| ?[^\sA-Za-z\d]+|\s+(?!\S)|\s")


def estimate(text: str) -> int:
  """Tokens of a text, estimated."""
  return len(_PIECES.findall(text))
