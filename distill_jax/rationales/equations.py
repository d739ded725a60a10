"""The equation behind the number that a teacher gave for an answer."""

import dataclasses

from distill_jax.rationales import record as record_lib
from distill_jax.text import answers as answers_lib
from distill_jax.text import quantities

ANSWERS = answers_lib.Equation()


def told(record: record_lib.Record) -> record_lib.Record:
  """A record whose rationales answer by equations where they wrote them."""
  rationales = tuple(map(of, record.rationales))
  return dataclasses.replace(record, rationales=rationales)


def of(rationale: record_lib.Rationale) -> record_lib.Rationale:
  """A rationale whose answer is the last equation of its text that gives it.

  'There are 7 + 2 = 9 apples.' with the answer '9' has the answer '7 + 2' then.
  It votes as before, for its value is the same, and can be a label. An answer
  that is an equation stays, and so does a number without one.
  """
  number = ANSWERS.parse(rationale.answer or '')
  if number is None or ANSWERS.label(number):
    return rationale
  for equation in quantities.computations(rationale.text):
    if ANSWERS.label(equation) and ANSWERS.same(equation, number):
      return dataclasses.replace(rationale, answer=equation)
  return rationale
