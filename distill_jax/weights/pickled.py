"""`pytorch_model.bin`, read by torch without running what it may hold."""

import pathlib
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from distill_jax.weights import tensor_files

_DTYPES = {
  'float32': np.dtype(np.float32),
  'float16': np.dtype(np.float16),
  'bfloat16': np.dtype(ml_dtypes.bfloat16),
  'float64': np.dtype(np.float64),
}


def read(
  path: pathlib.Path, ignores: Callable[[str], bool] = lambda name: False
) -> dict[str, tensor_files.Stored]:
  """Returns the tensors of a file by name.

  Only tensors and plain containers are unpickled. A file of a torch before 1.6
  is held in memory whole, a newer one is mapped.

  Args:
    path: of the file.
    ignores: which names are passed over, whatever is stored under them.

  Raises:
    ValueError: without torch, or if the file holds anything but tensors.
  """
  try:
    import torch
  except ImportError as error:
    raise ValueError(
      f'{path} is a pickle, which only torch reads safely, and torch is not '
      'installed; install it (pip install torch), or give a folder with '
      'model.safetensors.'
    ) from error
  try:
    state = torch.load(
      path,
      map_location='cpu',
      weights_only=True,
      mmap=zipfile.is_zipfile(path),
    )
  except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
    reason = str(error).strip().split('\n')[0][:120] or type(error).__name__
    raise ValueError(
      f'{path} is no file of tensors alone, or is damaged ({reason}); nothing '
      'in it was run; give a folder with model.safetensors.'
    ) from error
  return _stored(path, state, ignores)


def _stored(
  path: pathlib.Path, state: Any, ignores: Callable[[str], bool]
) -> dict[str, tensor_files.Stored]:
  import torch

  if not isinstance(state, dict) or not all(isinstance(n, str) for n in state):
    raise ValueError(
      f'{path} holds a {type(state).__name__}, expected a dict from names to '
      'tensors.'
    )
  state = {n: value for n, value in state.items() if not ignores(n)}
  for name, value in state.items():
    if not isinstance(value, torch.Tensor):
      raise ValueError(
        f'{path}: {name} is no tensor but a {type(value).__name__}, expected '
        "tensors and nothing else; save the model's state_dict alone."
      )
    if _dtype(value) not in _DTYPES or value.layout != torch.strided:
      raise ValueError(
        f'{path}: {name} is stored as {_dtype(value)} ({value.layout}), '
        f'expected a dense tensor of one of {", ".join(_DTYPES)}; quantised '
        'checkpoints cannot be trained.'
      )
  return {
    name: tensor_files.Stored(
      file=path,
      shape=tuple(tensor.shape),
      dtype=_DTYPES[_dtype(tensor)],
      fetch=lambda tensor=tensor: _numpy(tensor),
    )
    for name, tensor in state.items()
  }


def _dtype(tensor: Any) -> str:
  return str(tensor.dtype).removeprefix('torch.')


def _numpy(tensor: Any) -> np.ndarray:
  """Returns a tensor's numbers; numpy has no bfloat16 of its own."""
  import torch

  tensor = tensor.detach()
  if tensor.dtype == torch.bfloat16:
    halves = tensor.contiguous().view(torch.uint16).numpy()
    return halves.view(ml_dtypes.bfloat16)
  return tensor.numpy()
