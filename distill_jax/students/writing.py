"""What a student writes for a batch of inputs, as one compiled program."""

import functools
from typing import Any

import jax
from jaxtyping import Array, Int, Integer

from distill_jax.students import sampling as sampling_lib
from distill_jax.students import student as student_lib


@functools.partial(jax.jit, static_argnums=(0, 1))
def write(
  student: student_lib.Student,
  sampling: sampling_lib.Sampling,
  params: Any,
  inputs: Int[Array, 'B S'],
  row_ids: Integer[Array, ' B'],
  rng: Array | None,
) -> Int[Array, 'B T']:
  """Returns the tokens of each input: text, EOS if it came, padding.

  Args:
    student: that reads and writes.
    sampling: how to choose tokens.
    params: the student's.
    inputs: token ids, 0 for padding.
    row_ids: a number for each row, on which alone its draws depend.
    rng: key of the draws, if the sampling makes any.
  """
  encoded = student.encode(params, inputs)
  return student.sample(params, encoded, sampling, rng, row_ids)
