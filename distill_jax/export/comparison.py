"""Whether what was written says the same as what was read."""

import numpy as np

from distill_jax.weights import contents, template


def require_equal(
  written: contents.Weights,
  source: contents.Weights,
  dtype: np.dtype | None,
) -> int:
  """Compares every tensor, bit by bit; returns how many there are.

  Args:
    written: read again from disk.
    source: that it was made of.
    dtype: that was cast to; None for none.

  Raises:
    ValueError: for the first difference.
  """
  template.check_same(written.place, written.config, source.config)
  if written.config != source.config:
    raise ValueError(
      f'{written.place} has other settings than {source.place}: '
      f'{written.config}, expected {source.config}.'
    )
  parts = [('parameters', written.tensors, source.tensors)]
  if source.state and written.state:
    parts.append(('optimizer', written.state, source.state))
  for part, there, here in parts:
    if there.keys() != here.keys():
      odd = sorted(there.keys() ^ here.keys())
      raise ValueError(
        f'{written.place}: the {part} written are not those of '
        f'{source.place}: {odd[0]} is in one of them alone.'
      )
    cast = dtype if part == 'parameters' else None
    for name, tensor in here.items():
      _require_same(there[name], tensor, cast)
  return sum(len(there) for _, there, _ in parts)


def _require_same(
  written: contents.Tensor, source: contents.Tensor, dtype: np.dtype | None
) -> None:
  one, other = written.read(), source.read(dtype)
  if one.dtype != other.dtype or one.shape != other.shape:
    raise ValueError(
      f'{written.place} is {one.dtype} of {one.shape}, expected '
      f'{other.dtype} of {other.shape} as in {source.place}.'
    )
  if one.tobytes() != other.tobytes():
    raise ValueError(
      f'{written.place} differs from {source.place}; the disk or the memory '
      'may be damaged: convert again.'
    )
