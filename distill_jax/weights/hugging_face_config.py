"""A config.json, and what it says in our terms."""

import json
import pathlib

from distill_jax.weights import contents, described, families


def read(path: pathlib.Path) -> contents.Config:
  """Returns what a config.json says.

  Its rate of dropout is taken over; `dtype` stays float32.

  Raises:
    ValueError: if it is no JSON, of another architecture, or incomplete.
  """
  said = described.load(path)
  return families.named(str(path), said.get('model_type')).read(path, said)


def write(path: pathlib.Path, config: contents.Config, dtype: str) -> None:
  """Writes the config.json that transformers reads.

  Args:
    path: of the file.
    config: sizes and switches.
    dtype: of the tensors beside it.

  Raises:
    ValueError: if transformers has no such network.
  """
  said = families.of(config).said(config) | {'torch_dtype': dtype}
  path.write_text(json.dumps(said, indent=2) + '\n')


def require_known(config: contents.Config) -> None:
  """Raises a ValueError if transformers has no such network."""
  families.of(config).said(config)
