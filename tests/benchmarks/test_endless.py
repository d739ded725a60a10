"""Texts whose likeliest token is always their end."""

import jax.numpy as jnp
import numpy as np

from benchmarks import endless
from distill_jax.students import sampling, writer

IDS, ROWS = 5, 3


def _writer():
  logits = jnp.tile(jnp.array([0.0, 9.0, 1.0, 2.0, 0.0]), (ROWS, 1))
  return writer.Writer(
    step=lambda tokens, index, cache: (logits, cache),
    cache=(),
    allowed=writer.allowed(IDS, None),
    rows=ROWS,
    silent=jnp.zeros((ROWS,), bool),
  )


def test_no_end_is_written():
  greedy = sampling.Greedy(max_tokens=4)
  assert np.count_nonzero(greedy(_writer())) == ROWS
  written = endless.Endless(sampling=greedy)(_writer())
  np.testing.assert_array_equal(written, np.full((ROWS, 4), 3))
