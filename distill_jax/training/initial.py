"""Where a network's first parameters come from."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol

import jax

from distill_jax.training import opening, partition
from distill_jax.weights import template


class Initial(Protocol):
  """A source of a network's first parameters."""

  def check(self, network: partition.Network) -> None:
    """Raises ValueError if `network` cannot have its parameters from here."""
    ...

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns the parameters, each where it will live."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromScratch:
  """Random parameters."""

  def check(self, network: partition.Network) -> None:
    """Nothing is needed."""

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns fresh parameters."""
    return partition.init_parameters(mesh, network, rng)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromCheckpoint:
  """A trained network of the same kind and sizes.

  Attributes:
    path: the folder of a run, a Hugging Face folder or name, or a T5X
      checkpoint.
    macro: what `path` is called in the run file, for messages.
  """

  path: str | None
  macro: str = dataclasses.field(default='INITIAL_CHECKPOINT', compare=False)

  def check(self, network: partition.Network) -> None:
    """Raises ValueError if there is no such network at `path`."""
    with _named(self.macro, self.path):
      there = opening.configuration(self.path, opening.activations(network))
      template.check_same(self.path, there, network.config)

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns the parameters of that network."""
    self.check(network)
    like = partition.abstract_parameters(mesh, network)
    with _named(self.macro, self.path):
      return opening.params(self.path, like, opening.activations(network))


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncoderFromCheckpoint:
  """The encoder of a trained T5, under a fresh head.

  So a discriminator starts from a trained T5 encoder.

  Attributes:
    path: as in `FromCheckpoint`.
    macro: as in `FromCheckpoint`.
  """

  path: str | None
  macro: str = dataclasses.field(
    default='CRITIC_INITIAL_CHECKPOINT', compare=False
  )

  def check(self, network: partition.Network) -> None:
    """Raises ValueError if no T5 with such an encoder is at `path`."""
    with _named(self.macro, self.path):
      there = opening.configuration(self.path, network.config.mlp_activations)
      # Only its encoder is taken: the decoder may be another one.
      asked = dataclasses.replace(
        network.config,
        num_decoder_layers=there.num_decoder_layers,
        logits_via_embedding=there.logits_via_embedding,
      )
      template.check_same(self.path, there, asked)

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns fresh parameters whose `encoder` is that of the T5."""
    self.check(network)
    fresh = partition.init_parameters(mesh, network, rng)
    with _named(self.macro, self.path):
      encoder = opening.params(
        self.path, fresh['encoder'], network.config.mlp_activations
      )
    return {**fresh, 'encoder': encoder}


@contextlib.contextmanager
def _named(macro: str, path: str | None) -> Iterator[None]:
  """Puts the macro in front of what is wrong with the path it holds."""
  if not path:
    raise ValueError(
      'This run starts from trained parameters and none are given; name a '
      'Hugging Face folder or model, a T5X checkpoint or the folder of a run '
      f'by --gin.{macro}=/path/to/checkpoint.'
    )
  try:
    yield
  except ValueError as error:
    raise ValueError(f'{macro}: {error}') from error
