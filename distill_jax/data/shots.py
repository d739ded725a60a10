"""Solved questions in front of an input: few-shot prompts."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from distill_jax.data import prepare
from distill_jax.text import prompts as prompts_lib

if TYPE_CHECKING:
  from distill_jax.data import source as source_lib

_BETWEEN = '\n\n'


def of(source: 'source_lib.Source') -> tuple[str, ...]:
  """Returns the first training questions, each followed by its target.

  As the student would read and write them, with the first rationale, and with
  passages where the source finds some: 'Question: ... Explanation: It floats.
  Answer: (a)'.

  Args:
    source: says how many; it is read without any in front.
  """
  bare = dataclasses.replace(source, shots=0, max_rationales=1)
  found = prepare.examples(bare, source.data_set.splits[0])
  return tuple(
    f'{example["label_inputs"]} {example["label_targets"]}'
    for _, example in itertools.islice(found, source.shots)
  )


def before(
  shots: Sequence[str], texts: prompts_lib.Texts, fits: Callable[[str], bool]
) -> prompts_lib.Texts:
  """Returns the texts with as many of the shots before each input as fit.

  Where not all do, the first ones are left out.
  """
  added = lambda text: _BETWEEN.join([*fitting(shots, text, fits), text])
  return dataclasses.replace(
    texts,
    label_input=added(texts.label_input),
    rationale_input=added(texts.rationale_input),
  )


def fitting(
  shots: Sequence[str], text: str, fits: Callable[[str], bool]
) -> Sequence[str]:
  """Returns the last shots, as many as fit before a text."""
  for first in range(len(shots)):
    if fits(_BETWEEN.join([*shots[first:], text])):
      return shots[first:]
  return ()
