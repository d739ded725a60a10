"""Samples of several teachers as some releases have them.

{"teacher": "gpt4", "style": "COT", "text": "76 - 25 = 51.", "answer": "51"}
"""

from typing import Any

from distill_jax.rationales import fields
from distill_jax.rationales import record as record_lib

_SAID = {True: 'yes', False: 'no', None: ''}


def rationales(found: Any) -> tuple[record_lib.Rationale, ...]:
  """The rationales of a list of samples; those without text are left out.

  The source is teacher and style, 'gpt4/COT'. An answer `true` or `false` is
  'yes' or 'no'; one that is null is '', which votes for nothing.

  Raises:
    TypeError, KeyError, AttributeError: there is something else.
  """
  return tuple(
    record_lib.Rationale(
      text=sample['text'].strip(),
      answer=_answer(sample['answer']),
      source=f'{sample["teacher"]}/{sample["style"]}',
      sample=number,
    )
    for number, sample in enumerate(found)
    if sample['text'].strip()
  )


def _answer(found: Any) -> str:
  if found is None or isinstance(found, bool):
    return _SAID[found]
  if isinstance(found, str):
    return found
  raise TypeError(f"'answer' is {fields.kind(found)}")
