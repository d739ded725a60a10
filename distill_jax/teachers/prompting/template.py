"""Texts with names in braces, filled without reading what is filled in."""

import re
from collections.abc import Mapping

_NAME = re.compile(r'\{\s*(\w+)\s*\}')


def names(text: str) -> list[str]:
  """The names in braces, in order: `names('Q: {question}')` is ['question'].

  Braces around anything but a word are text, such as those of
  `{"answer": "{answer}"}`.
  """
  return _NAME.findall(text)


def fill(text: str, values: Mapping[str, str]) -> str:
  """The text with a value for every name; braces in a value stay as they are.

  `fill('{a} {b}', {'a': '{b}', 'b': '2'})` is '{b} 2'.
  """
  return _NAME.sub(lambda found: values[found[1]], text)


def literals(text: str) -> list[str]:
  """What stands around the names: 'a {x} b' gives ['a ', ' b']."""
  return _NAME.split(text)[::2]
