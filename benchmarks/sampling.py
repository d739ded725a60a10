"""Times writing with T5-small against transformers' `generate`.

  python -m benchmarks.sampling

64 inputs of 128 tokens, 64 tokens each, greedy and drawn at temperature 1.
Nobody may end early: theirs has a minimal length, ours is checked.
"""

import argparse

import jax
import numpy as np
import torch

from benchmarks import small, timing
from distill_jax.students import sampling as sampling_lib

SIZE = 64
TOKENS = 64


def main() -> None:
  """Prints the tables."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--rounds', type=int, default=5)
  rounds = parser.parse_args().rounds
  inputs = small.batch(SIZE, 1, 0).label_inputs
  _time('greedy', sampling_lib.Greedy(max_tokens=TOKENS), inputs, rounds)
  _time(
    'temperature 1',
    sampling_lib.Temperature(max_tokens=TOKENS),
    inputs,
    rounds,
    do_sample=True,
    top_k=0,
  )


def _time(
  title: str,
  sampling: sampling_lib.Sampling,
  inputs: np.ndarray,
  rounds: int,
  **settings: object,
) -> None:
  ways = {
    'ours': _ours(sampling, inputs),
    'torch': _theirs(inputs, **settings),
  }
  timing.show(title, timing.alternate(ways, rounds))


def _ours(sampling, inputs: np.ndarray) -> timing.Way:
  student = small.ours()
  params = small.fresh(student)

  @jax.jit
  def write(params, inputs, rng):
    encoded = student.encode(params, inputs)
    return student.sample(params, encoded, sampling, rng)

  def run() -> None:
    written = np.asarray(write(params, inputs, jax.random.key(0)))
    assert written.shape == (SIZE, TOKENS)
    assert np.all(written > 0), 'a text ended early'

  return run


def _theirs(inputs: np.ndarray, **settings: object) -> timing.Way:
  model = small.theirs().eval()
  ids = torch.from_numpy(inputs).long()

  def run() -> None:
    with torch.inference_mode():
      written = model.generate(
        input_ids=ids,
        max_new_tokens=TOKENS,
        min_new_tokens=TOKENS,
        **settings,
      )
    assert written.shape == (SIZE, TOKENS + 1)  # with the start token

  return run


if __name__ == '__main__':
  main()
