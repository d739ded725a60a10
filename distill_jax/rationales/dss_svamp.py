r"""SVAMP: `{"input": "Body\nQuestion", "label": "( 84.0 / 2.0 )"}`."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from distill_jax.rationales import dss, equations
from distill_jax.rationales import record as record_lib


def fields(data: Mapping[str, Any]) -> dict[str, Any]:
  """Question and equation of a line."""
  question, label = dss.words(data, 'input', 'label')
  return {'question': question, 'label': label}


def completion(raw: str) -> tuple[str, str]:
  r"""Text and equation of a completion.

  `completion('84 / 2 = 42. The answer is (84 / 2).\n\nQ: ...')` is
  `('84 / 2 = 42. The answer is (84 / 2).', '(84 / 2)')`. As in the released
  code the equation is what stands between the first and the last parenthesis
  of the one answer sentence: '(3 * 8) + 9' gives '(3 * 8)'.
  """
  text = raw.split('Q:')[0].strip()
  found = re.search(r'\(.*\)', dss.stated(text, 'The answer is'))
  return text, found[0] if found else ''


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Svamp(dss.HeldOut):
  """Rationales of a store, whose answers are numbers, tell equations too."""

  def read(
    self, split: str, data_dir: str | None
  ) -> Iterator[record_lib.Record]:
    """As `Layout.read`."""
    return map(equations.told, super().read(split, data_dir))


SVAMP = _Svamp(name='svamp', fields=fields, completion=completion)
