"""What a checkpoint on disk holds; its tensors are read one at a time."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from distill_jax.models import bert_config, opt_config
from distill_jax.models import config as config_lib

Config = config_lib.T5Config | bert_config.BertConfig | opt_config.OptConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tensor:
  """One array of a checkpoint, under our name and in our layout.

  Attributes:
    name: its path in our tree, as 'encoder/layers_0/mlp/wi/kernel'.
    shape: in our layout.
    dtype: as stored.
    place: where it lies, for messages: its name there and the file.
    fetch: reads it, in our layout and as stored.
  """

  name: str
  shape: tuple[int, ...]
  dtype: np.dtype
  place: str
  fetch: Callable[[], np.ndarray]

  @property
  def nbytes(self) -> int:
    """Bytes of the array as stored."""
    return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

  def read(self, dtype: np.dtype | None = None) -> np.ndarray:
    """Returns the array, cast to `dtype` where one is given.

    Raises:
      ValueError: if it cannot be read, holds NaN or infinity, or a number that
        `dtype` has no room for.
    """
    array = self.fetch()
    bad = _first_infinite(array)
    if bad is not None:
      raise ValueError(
        f'{self.place} holds {array[bad]!s} at {list(bad)} ({self.name}); '
        'expected finite numbers: the checkpoint is of a run that diverged, '
        'or is damaged.'
      )
    if dtype is None or dtype == array.dtype:
      return array
    with np.errstate(over='ignore'):  # it is said below, with the place
      cast = array.astype(dtype)
    bad = _first_infinite(cast)
    if bad is not None:
      raise ValueError(
        f'{self.place} holds {array[bad]!s} at {list(bad)} ({self.name}), '
        f'which does not fit {np.dtype(dtype)}; keep it in {array.dtype}, as '
        'distill_jax.convert does without --dtype.'
      )
    return cast


def _first_infinite(array: np.ndarray) -> tuple[int, ...] | None:
  """Returns where the first NaN or infinity is; None where all is well."""
  finite = np.isfinite(array)
  if finite.all():
    return None
  return tuple(np.argwhere(~finite)[0].tolist())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Weights:
  """A network on disk.

  Attributes:
    kind: what wrote it: 'huggingface', 't5x' or 'orbax'.
    place: its folder or file, for messages.
    config: its sizes and switches, as the checkpoint has them.
    tensors: the parameters, by our names.
    step: that it was trained for; 0 where nothing says it.
    state: T5X's optimizer, by T5X's names below `state/`; else empty.
    notes: what a user should know: what was left out, or filled in.
  """

  kind: str
  place: str
  config: Config
  tensors: Mapping[str, Tensor]
  step: int = 0
  state: Mapping[str, Tensor] = dataclasses.field(default_factory=dict)
  notes: tuple[str, ...] = ()
