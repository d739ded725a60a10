"""Random T5s as T5X keeps them, written by flax and tensorstore alone."""

import pathlib
from collections.abc import Mapping

import numpy as np
import tensorstore as ts
from flax import serialization, traverse_util

from distill_jax.models import config as config_lib
from distill_jax.weights import template

CONFIG = config_lib.T5Config(
  vocab_size=48,
  emb_dim=12,
  num_heads=3,
  head_dim=2,
  mlp_dim=10,
  num_encoder_layers=2,
  num_decoder_layers=3,
)
ACTIVATIONS = CONFIG.mlp_activations


def target(
  config: config_lib.T5Config = CONFIG, dtype=np.float32
) -> dict[str, np.ndarray]:
  """Returns random parameters by T5X's names."""
  rng = np.random.default_rng(0)
  return {
    f'target/{name}': rng.standard_normal(shape).astype(dtype)
    for name, shape in template.shapes(config).items()
  }


def state(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns Adafactor's state after some steps, in T5X's form."""
  rng = np.random.default_rng(1)
  leaves = {'state/step': np.asarray(1300, np.int32)}
  for name, array in parameters.items():
    place = name.replace('target', 'state/param_states', 1)
    for key in ('m', 'v_row', 'v_col'):
      leaves[f'{place}/{key}'] = np.zeros(1, np.float32)
    leaves[f'{place}/v'] = rng.random(array.shape).astype(np.float32)
  return leaves


def save_file(
  path: pathlib.Path, leaves: Mapping[str, object], version: int = 3
) -> None:
  """Writes the single file."""
  tree = traverse_util.unflatten_dict(dict(leaves), sep='/')
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_bytes(
    serialization.msgpack_serialize({'version': version, 'optimizer': tree})
  )


def save_folder(
  folder: pathlib.Path,
  leaves: Mapping[str, np.ndarray],
  *,
  old: bool = False,
  driver: str = 'file',
  version: int = 3,
  parts: int = 2,
) -> None:
  """Writes the form with a zarr folder per array.

  Args:
    folder: checkpoint_N.
    leaves: by T5X's names.
    old: whether `path` stands beside the kvstore, as before tensorstore 0.1.14.
    driver: of the kvstore, as the file names it.
    version: of the form.
    parts: that the first axis of an array is cut into, where it divides.
  """
  specs = {}
  for name, array in leaves.items():
    if not array.ndim:
      specs[name] = array
      continue
    chunks = list(array.shape)
    chunks[0] //= parts if chunks[0] % parts == 0 else 1
    spec = {
      'driver': 'zarr',
      'dtype': array.dtype.name,
      'metadata': {
        'compressor': {'id': 'gzip'},
        'shape': list(array.shape),
        'chunks': chunks,
      },
    }
    path = name.replace('/', '.')
    here = {'kvstore': {'driver': 'file', 'path': str(folder / path)}}
    ts.open(spec | here, create=True).result().write(array).result()
    kvstore = {'driver': driver}
    if driver == 'gcs':
      kvstore['bucket'] = 't5x-dummy-bucket'
    there = {'path': path} if old else {}
    kvstore |= {} if old else {'path': path + '/'}
    specs[name] = spec | there | {'kvstore': kvstore}
  save_file(folder / 'checkpoint', specs, version)


def require_equal(weights, leaves: Mapping[str, np.ndarray]) -> None:
  """Compares every array of a checkpoint, byte by byte."""
  read = {f'target/{name}': t for name, t in weights.tensors.items()}
  read |= weights.state
  assert read.keys() == leaves.keys()
  for name, expected in leaves.items():
    array = read[name].read()
    assert array.dtype == expected.dtype == read[name].dtype
    assert array.shape == expected.shape == read[name].shape
    assert array.tobytes() == expected.tobytes(), name
