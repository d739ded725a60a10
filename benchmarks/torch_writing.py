"""Texts that transformers' `generate` writes; imported only where torch is."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from benchmarks import timing, torch_steps
from distill_jax.models import t5


def fixed(
  c: t5.T5Config, inputs: np.ndarray, tokens: int, settings: dict
) -> timing.Way:
  """Returns work that writes so many tokens for each of the full inputs.

  Args:
    c: sizes of the network.
    inputs: ids without padding.
    tokens: of each text.
    settings: of `generate`.
  """
  generate = _generate(c, tokens, {'min_new_tokens': tokens, **settings})
  ids = torch.from_numpy(inputs).long()

  def run() -> None:
    written = generate(ids, None)
    assert written.shape == (len(inputs), tokens + 1)  # with the start token

  return run


def batched(
  c: t5.T5Config, inputs: Sequence[np.ndarray], tokens: int, size: int
) -> timing.Way:
  """Returns work that answers inputs in batches, each as wide as its longest.

  In the order in which they come.

  Args:
    c: sizes of the network.
    inputs: ids without padding.
    tokens: of each text.
    size: inputs of a batch.
  """
  generate = _generate(c, tokens, {'min_new_tokens': tokens})
  parts = [inputs[i : i + size] for i in range(0, len(inputs), size)]

  def run() -> None:
    for part in parts:
      ids = torch.nn.utils.rnn.pad_sequence(
        [torch.from_numpy(np.asarray(row)).long() for row in part],
        batch_first=True,
      )
      generate(ids, (ids > 0).long())

  return run


def _generate(
  c: t5.T5Config, tokens: int, settings: dict
) -> Callable[..., torch.Tensor]:
  device = torch_steps.device()
  dtype = torch.float32 if c.dtype == 'float32' else torch.bfloat16
  model = torch_steps.model(c).to(device, dtype).eval()

  def generate(ids, mask) -> torch.Tensor:
    with torch.inference_mode():
      return model.generate(
        input_ids=ids.to(device),
        attention_mask=None if mask is None else mask.to(device),
        max_new_tokens=tokens,
        **settings,
      ).cpu()

  return generate
