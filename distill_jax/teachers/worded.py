"""Answers in the words of a prompt, and in those of a reply."""

import re
import string

from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib


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


def one_choice(record: record_lib.Record, stated: str | None) -> str | None:
  """The answer; None where it names several choices by their letters.

  'in the town, (b)', which is no choice as it stands, is '(b)', and
  '(a) aquarium or (e) pond' is None. Without choices it stays as it is.
  """
  if stated is None or not record.choices:
    return stated
  offered = string.ascii_lowercase[: len(record.choices)]
  letters = set(re.findall(rf'\(([{offered}])\)', stated.casefold()))
  if len(letters) > 1:
    return None
  known = answers_lib.Offered(choices=record.choices).valid(stated)
  return stated if known or not letters else f'({letters.pop()})'
