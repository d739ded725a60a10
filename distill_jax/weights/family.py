"""A kind of network as transformers stores it."""

import abc
import pathlib
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from distill_jax.weights import contents, tensor_files

Stored = dict[str, tensor_files.Stored]  # by the names of transformers


class Family(abc.ABC):
  """How a config.json and the tensors beside it become ours, and back.

  Attributes:
    model_type: as config.json says it.
    configuration: the class of our configuration.
  """

  model_type: ClassVar[str]
  configuration: ClassVar[type]

  @abc.abstractmethod
  def read(self, path: pathlib.Path, said: Mapping[str, Any]) -> Any:
    """Returns our configuration of what a config.json says.

    Raises:
      ValueError: if it is incomplete, or says what our network cannot be told.
    """

  @abc.abstractmethod
  def said(self, config: Any) -> dict[str, Any]:
    """Returns the config.json of a configuration, without the dtype.

    Raises:
      ValueError: if transformers has no such network.
    """

  @abc.abstractmethod
  def writes(self) -> dict[str, Any]:
    """Returns the ids that a generation_config.json begins with."""

  @abc.abstractmethod
  def theirs(self, name: str) -> str:
    """Returns the name in transformers of our parameter `name`."""

  def ignores(self, name: str) -> bool:
    """Whether a tensor is no parameter of any network, and is not read."""
    del name
    return False

  @abc.abstractmethod
  def tidy(self, place: str, config: Any, stored: Stored) -> list[str]:
    """Renames and takes out of `stored` what files hold besides parameters.

    Args:
      place: the folder, for messages.
      config: what its config.json says.
      stored: the tensors that were found; changed in place.

    Returns:
      A note on each thing a user should know.

    Raises:
      ValueError: if what is taken out says anything else than what stays.
    """

  def transposed(self, name: str) -> bool:
    """Whether transformers stores our parameter `name` with its axes swapped.

    torch keeps matrices as (outputs, inputs).
    """
    return name.endswith('kernel')

  def to_ours(self, name: str, array: np.ndarray) -> np.ndarray:
    """Returns a stored array as our parameter `name`."""
    return array.T if self.transposed(name) else array

  def to_theirs(self, name: str, array: np.ndarray) -> np.ndarray:
    """Returns our parameter `name` as it is stored: undoes `to_ours`."""
    return array.T if self.transposed(name) else array

  def shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the other side's shape of our parameter `name`."""
    return shape[::-1] if self.transposed(name) else shape

  def tensor(
    self, name: str, theirs: str, stored: tensor_files.Stored
  ) -> contents.Tensor:
    """Returns a stored tensor as our parameter `name`."""
    return contents.Tensor(
      name=name,
      shape=self.shape(name, stored.shape),
      dtype=stored.dtype,
      place=f'{theirs} in {stored.file}',
      fetch=lambda: self.to_ours(name, stored.fetch()),
    )

  def drop_copy(
    self, stored: Stored, copy: str, original: str, name: str
  ) -> None:
    """Takes a second copy of a tensor out, having compared the two.

    Args:
      stored: where both are.
      copy: the one that goes.
      original: the one that stays.
      name: ours of both.

    Raises:
      ValueError: if they differ, or cannot be compared: NaN equals nothing.
    """
    gone = stored.pop(copy)
    one = self.tensor(name, copy, gone).read()
    other = self.tensor(name, original, stored[original]).read()
    if not np.array_equal(one, other):
      raise ValueError(
        f'{copy} in {gone.file} differs from {original}, expected a copy of '
        f'it: a {self.model_type} with several embeddings is not supported.'
      )
