"""CommonsenseQA: `{"id", "question", "choices": [five], "answer"}`.

The label is the text of a choice.
"""

import re
from collections.abc import Mapping
from typing import Any

from distill_jax.rationales import dss


def fields(data: Mapping[str, Any]) -> dict[str, Any]:
  """Question, choices and answer of a line."""
  question, label, _ = dss.words(data, 'question', 'answer', 'id')
  choices = data.get('choices')
  if not isinstance(choices, list) or label not in choices:
    raise ValueError(
      f"answer {label!r} is none of the choices {choices}; give a choice's text"
    )
  return {'question': question, 'label': label, 'choices': tuple(choices)}


def completion(raw: str) -> tuple[str, str]:
  r"""Text and answer of a completion.

  `completion('Sums. So the answer is (d) math problem.\n\nQ: ...')` is
  `('Sums. So the answer is (d) math problem.', 'math problem')`. As in the
  released code the answer is what follows the letter: of two, as in 'either
  (a) aquarium or (e) pond.', it is 'aquarium or (e) pond', no choice.
  """
  text = raw.split('Q:')[0].strip()
  answer = dss.stated(text, 'So the answer is')
  found = re.search(r'\([a-z]\)(.*)', answer)
  return text, found[1].strip().removesuffix('.') if found else ''


CQA = dss.HeldOut(name='cqa', fields=fields, completion=completion, key='id')
