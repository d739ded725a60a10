"""Natural language inference: `{"premise", "hypothesis", "label"}`.

The question is `premise</s>hypothesis`, and `</s>` becomes the token that ends
a sequence. Labels are words; the files number them.
"""

from collections.abc import Mapping
from typing import Any

from distill_jax.rationales import dss

LABELS = ('entailment', 'neutral', 'contradiction')
BETWEEN = '</s>'


def fields(data: Mapping[str, Any]) -> dict[str, Any]:
  """Question and label of a line.

  `fields({'premise': 'Ice.', 'hypothesis': 'Cold.', 'label': 0})` is
  `{'question': 'Ice.</s>Cold.', 'label': 'entailment'}`.
  """
  return {
    'question': BETWEEN.join(dss.words(data, 'premise', 'hypothesis')),
    'label': _label(data.get('label')),
  }


def anli_fields(data: Mapping[str, Any]) -> dict[str, Any]:
  """As `fields`, of a line that has a `uid` too; it is kept."""
  uid = dss.words(data, 'uid', 'premise', 'hypothesis')[0]
  return {**fields(data), 'extra': {'uid': uid}}


def esnli_completion(raw: str) -> tuple[str, str]:
  r"""Text and label of a completion.

  `esnli_completion('It is cold.\nAnswer: neutral\n\nPremise: ...')` is
  `('It is cold.\nAnswer: neutral', 'neutral')`.
  """
  before, marker, after = raw.partition('Answer:')
  answer = after.split('Premise')[0]
  return (before + marker + answer).strip(), answer.strip()


def anli_completion(raw: str) -> tuple[str, str]:
  r"""Text and label of a completion.

  `anli_completion('It is. So the answer is neutral.\n\nPremise: ...')` is
  `('It is. So the answer is neutral.', 'neutral')`.
  """
  text = raw.split('Premise:')[0].strip()
  return text, dss.stated(text, 'So the answer is').removesuffix('.')


def _label(found: Any) -> str:
  if found in LABELS:
    return found
  if type(found) is int and 0 <= found < len(LABELS):
    return LABELS[found]
  raise ValueError(
    f'label {found!r}, expected one of {", ".join(LABELS)} or their numbers '
    '0, 1, 2; correct the label'
  )


ESNLI = dss.Parted(name='esnli', fields=fields, completion=esnli_completion)
ANLI1 = dss.Parted(
  name='anli1', fields=anli_fields, completion=anli_completion, key='uid'
)
