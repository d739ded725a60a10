"""Where a network's first parameters come from."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol

import jax

from distill_jax.training import opening, partition
from distill_jax.weights import template

_OF_DECODERS = ('num_decoder_layers', 'logits_via_embedding')


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
  """The encoder of a trained T5, or a trained BERT, under a fresh head.

  So a discriminator starts from a trained T5, a reranker from a LinkBERT.

  Attributes:
    path: as in `FromCheckpoint`.
    macro: as in `FromCheckpoint`.
  """

  path: str | None
  macro: str = dataclasses.field(
    default='CRITIC_INITIAL_CHECKPOINT', compare=False
  )

  def check(self, network: partition.Network) -> None:
    """Raises ValueError if no network with such an encoder is at `path`."""
    with _named(self.macro, self.path):
      there = opening.configuration(self.path, opening.activations(network))
      # Only its encoder is taken: the decoder may be another one.
      free = {
        name: getattr(there, name)
        for name in _OF_DECODERS
        if hasattr(there, name) and hasattr(network.config, name)
      }
      asked = dataclasses.replace(network.config, **free)
      template.check_same(self.path, there, asked)

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns fresh parameters whose `encoder` is the trained one."""
    self.check(network)
    fresh = partition.init_parameters(mesh, network, rng)
    with _named(self.macro, self.path):
      encoder = opening.params(
        self.path, fresh['encoder'], opening.activations(network)
      )
    return {**fresh, 'encoder': encoder}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Beneath:
  """Parameters of a network that LoRA is put around; see `critics.adapted`.

  Attributes:
    initial: where the parameters of the network beneath come from.
  """

  initial: Initial

  @property
  def path(self) -> str | None:
    """Of those parameters, where they have one."""
    return getattr(self.initial, 'path', None)

  def check(self, network: partition.Network) -> None:
    """Raises ValueError without a network beneath, or if it cannot begin so."""
    if not hasattr(network, 'around'):
      raise ValueError(
        f'Beneath.initial begins a network that LoRA goes around, and here is '
        f'{type(network).__name__}, expected adapted.Adapted; lay '
        'parts/lora.gin over it, or give parts/pretrained_reranker.gin to '
        'train it in full.'
      )
    self.initial.check(network.critic)

  def params(
    self, mesh: jax.sharding.Mesh, network: partition.Network, rng: jax.Array
  ) -> Any:
    """Returns those parameters with fresh factors around them."""
    self.check(network)
    base = self.initial.params(mesh, network.critic, rng)
    shardings = partition.parameter_shardings(mesh, network)
    return jax.jit(network.around, out_shardings=shardings)(base, rng)


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
