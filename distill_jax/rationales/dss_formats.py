"""What the lines and the completions of the DSS layout look like."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from distill_jax.rationales import columns as columns_lib
from distill_jax.rationales import dss, dss_cqa, dss_nli, dss_svamp, table_row

_OF_LINE = ('question', 'label', 'choices')


class Format(Protocol):
  """How a data set writes its lines, and its teacher the completions."""

  def fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
    """Question, label and more of a decoded line, for `dss.Layout`."""
    ...

  def completion(self, raw: str) -> tuple[str, str]:
    """Text and answer of a raw completion, for `dss.Layout`."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Named:
  """Lines with keys of one's own, and completions that state their answer.

  Attributes:
    columns: the keys; those of no field are kept.
    marker: stands before the answer of a completion.
    until: texts that begin the next item of a few-shot prompt: a completion
      ends before the first of them.
  """

  columns: columns_lib.Columns = columns_lib.Columns(question='input')
  marker: str = 'The answer is'
  until: tuple[str, ...] = ('Q:',)

  def fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
    """As `Format.fields`."""
    if not isinstance(data, Mapping):
      raise ValueError('no object in { }, expected one; correct the line')
    self.columns.check(data)
    told = table_row.read(data, self.columns)
    if told.question['question'] is None:
      raise ValueError('an empty question, expected words; correct the line')
    if told.rationales:
      raise ValueError(
        'a rationale in the line, expected it in llm/ alone; rename its key'
      )
    found = {name: told.question[name] for name in _OF_LINE}
    return {**found, 'extra': told.extra}

  def completion(self, raw: str) -> tuple[str, str]:
    r"""As `Format.completion`: '' where it states no answer, or two.

    'So 42. The answer is 42.\n\nQ: Why?' gives ('So 42. The answer is 42.',
    '42').
    """
    for sign in self.until:
      raw = raw.split(sign)[0]
    text = raw.strip()
    return text, dss.stated(text, self.marker).removesuffix('.')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Svamp:
  """As `dss_svamp` reads them: `input`, `label`; 'The answer is (...)'."""

  fields = staticmethod(dss_svamp.fields)
  completion = staticmethod(dss_svamp.completion)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cqa:
  """As `dss_cqa`: `question`, `choices`, `answer`; 'So the answer is (x)'."""

  fields = staticmethod(dss_cqa.fields)
  completion = staticmethod(dss_cqa.completion)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Esnli:
  """As `dss_nli`: `premise`, `hypothesis`, `label`; 'Answer:'."""

  fields = staticmethod(dss_nli.fields)
  completion = staticmethod(dss_nli.esnli_completion)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Anli:
  """As `dss_nli`: the same and `uid`; 'So the answer is'."""

  fields = staticmethod(dss_nli.anli_fields)
  completion = staticmethod(dss_nli.anli_completion)
