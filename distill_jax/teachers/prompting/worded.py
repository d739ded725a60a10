"""Answers in the words of a prompt, and in those of a reply."""

import re
import string
from collections.abc import Sequence

from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib

# Where grounds begin; without choices 'He left because of it' may be an answer.
_STOP = r'(?<=\S)\s*[,;:\u2013\u2014-]\s*'
_BECAUSE = re.compile(rf'{_STOP}(?:because|since|as|for)\b')
_GROUNDS = re.compile(rf'{_BECAUSE.pattern}|(?<=\S)\s+because\b')
_DENIED = re.compile(r"\b(?:not|wrong|incorrect|false)\b|n't\b", re.IGNORECASE)


def answer(record: record_lib.Record, stated: str) -> str:
  """The answer as a form shows it: '(b) in town', or itself without choices.

  Raises:
    ValueError: it is none of the choices.
  """
  if not record.choices:
    return stated
  found = answers_lib.Offered(choices=record.choices).parse(stated)
  if found is None:
    offered = ', '.join(map(repr, record.choices))
    raise ValueError(
      f'{record.place or record.example_id}: label {stated!r}, expected one of '
      f"the choices {offered}; give a choice's text or its letter"
    )
  letter = string.ascii_lowercase[record.choices.index(found)]
  return f'({letter}) {found}'


def meant(record: record_lib.Record, stated: str | None) -> str | None:
  """The answer without its grounds; None where it names several choices.

  'yes, because it is light' is 'yes'. With the choices 'in town' and 'by the
  river', 'in the town, (a)', which is no choice as it stands, is '(a)', and 'by
  the river because (a) is wrong' is 'by the river'. '(a) or (b)', 'not (a)' and
  '(a), by the river' are None.
  """
  if stated is None or not record.choices:
    return stated and (_BECAUSE.split(stated, maxsplit=1)[0] or stated)
  for text in (stated, _GROUNDS.split(stated, maxsplit=1)[0]):
    if found := _choice(text, record.choices):
      known = answers_lib.Offered(choices=record.choices).valid(text)
      return text if known else f'({_letter(found, record.choices)})'
  return None if _letters(stated, record.choices) else stated


def _choice(text: str, choices: Sequence[str]) -> str | None:
  """The one choice that a text names, by its words or its letter, or None."""
  named, rest = _named(text, choices)
  letters = _letters(rest, choices)
  found = answers_lib.Offered(choices=choices).parse(text)
  if found is None and len(letters) == 1:
    found = choices[string.ascii_lowercase.index(*letters)]
  if found is None or _DENIED.search(rest):
    return None
  said = re.sub(r'^\W*[a-z]\b|\([a-z]\)', ' ', rest, flags=re.IGNORECASE)
  if named == {found} and len(letters) < 2 and not re.search(r'\w', said):
    return found  # by its words, whatever its letter
  both = rf'\W*{_letter(found, choices)}\W+{re.escape(found)}(?!\w)'
  alone = named <= {found} or re.match(both, text, re.IGNORECASE)
  return found if alone and letters <= {_letter(found, choices)} else None


def _named(text: str, choices: Sequence[str]) -> tuple[set[str], str]:
  """The choices whose words are in a text, and the rest of it."""
  named, rest = set(), ' '.join(text.split())
  for choice in sorted(choices, key=len, reverse=True):
    words = re.escape(' '.join(choice.split()))
    rest, times = re.subn(
      rf'(?<![\w(]){words}(?!\w)', ' ', rest, flags=re.IGNORECASE
    )
    named |= {choice} if times else set()
  return named, rest


def _letters(text: str, choices: Sequence[str]) -> set[str]:
  """The letters of choices that a text has in brackets."""
  offered = string.ascii_lowercase[: len(choices)]
  return set(re.findall(rf'\(([{offered}])\)', text.casefold()))


def _letter(choice: str, choices: Sequence[str]) -> str:
  return string.ascii_lowercase[choices.index(choice)]
