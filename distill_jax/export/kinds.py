"""The kinds of checkpoint that can be written, each an object."""

import abc
import dataclasses
import json
import pathlib
import shutil
from typing import Any

import numpy as np
from etils import epath

from distill_jax.export import card, tokenizers
from distill_jax.export import origin as origin_lib
from distill_jax.models import t5
from distill_jax.text import tokenizer
from distill_jax.training import finished
from distill_jax.weights import (
  aside,
  contents,
  families,
  hugging_face_config,
  hugging_face_writing,
  t5x_gin,
  t5x_writing,
  template,
)
from distill_jax.weights import hugging_face_models as models_lib

_STEP = 'state/step'  # T5X counts in its optimizer


class Kind(abc.ABC):
  """A form in which a network is written to disk."""

  def require(self, network: origin_lib.Network) -> None:
    """Raises ValueError where this network cannot be written so."""
    del network

  @abc.abstractmethod
  def notes(self, network: origin_lib.Network) -> list[str]:
    """Returns a sentence on each thing that the output will lack."""

  @abc.abstractmethod
  def fill(
    self, folder: str, network: origin_lib.Network, dtype: np.dtype | None
  ) -> None:
    """Writes it into a folder that exists, or onto an object store.

    Args:
      folder: empty.
      network: what to write.
      dtype: of the parameters; None keeps each as it is.
    """


def write(
  kind: Kind, output: str, network: origin_lib.Network, dtype: np.dtype | None
) -> None:
  """Writes a network; a local `output` comes to be whole or not at all.

  An object store has no renaming: what is read last there is written last.

  Args:
    kind: the form.
    output: a folder that does not exist.
    network: what to write.
    dtype: of the parameters; None keeps each as it is.

  Raises:
    ValueError: if `output` is there or cannot be written, or a tensor is not
      finite.
  """
  if '://' in output:
    kind.fill(output, network, dtype)
    return
  with aside.folder(pathlib.Path(output).expanduser()) as folder:
    kind.fill(str(folder), network, dtype)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HuggingFace(Kind):
  """A folder for the classes of transformers."""

  def require(self, network: origin_lib.Network) -> None:
    """Refuses what transformers cannot be told, and a wrong vocabulary."""
    config = network.weights.config
    hugging_face_config.require_known(config)
    if network.origin.vocabulary is not None:
      _require_rows(network.origin.vocabulary, config.vocab_size)

  def notes(self, network: origin_lib.Network) -> list[str]:
    """The optimizer, and the tokenizer where nothing says which it is."""
    origin = network.origin
    found = [*origin.notes, *_without_optimizer(network.weights)]
    if not origin.has_tokenizer:
      found.append(
        'No tokenizer is written, since nothing says which vocabulary this is; '
        "give --vocabulary=spiece.model for T5's."
      )
    elif not _has_fitting(network):
      found.append(
        f'No tokenizer is written: {type(origin.vocabulary).__name__} is no '
        'vocabulary that transformers reads for such a network.'
      )
    return found

  def fill(
    self, folder: str, network: origin_lib.Network, dtype: np.dtype | None
  ) -> None:
    """Writes configuration, tensors, tokenizer, settings and a card."""
    (weights, origin), folder = network, pathlib.Path(folder)
    for path in origin.companions:
      shutil.copyfile(path, folder / path.name)
    copied = any((folder / name).exists() for name in models_lib.TOKENIZERS)
    if origin.vocabulary is not None and not copied and _has_fitting(network):
      limit = origin.trained.max_inputs if origin.trained else 512
      tokenizers.write(folder, weights.config, origin.vocabulary, limit)
    generation = folder / 'generation_config.json'
    if not generation.exists():
      generation.write_text(_generation(origin, weights.config))
    readme = folder / 'README.md'
    if not readme.exists():
      readme.write_text(card.text(origin, weights.config), encoding='utf-8')
    hugging_face_writing.write(folder, weights.config, weights.tensors, dtype)


@dataclasses.dataclass(frozen=True, kw_only=True)
class T5X(Kind):
  """A folder `checkpoint_N` for T5X, with the optimizer where there is one."""

  def require(self, network: origin_lib.Network) -> None:
    """Refuses what T5X's network cannot be."""
    config = network.weights.config
    if not isinstance(config, t5.T5Config):
      raise ValueError(
        f'{network.weights.place} is of the kind {template.called(config)}, of '
        'which T5X has no checkpoints; expected a T5, or --to=huggingface.'
      )
    t5x_gin.require_known(config)

  def notes(self, network: origin_lib.Network) -> list[str]:
    """What belongs to the tokenizer, or to the run."""
    return _without_companions(network.origin)

  def fill(
    self, folder: str, network: origin_lib.Network, dtype: np.dtype | None
  ) -> None:
    """Writes parameters and the optimizer, whose numbers are never cast."""
    weights = network.weights
    t5x_writing.write(
      folder,
      ((name, one.read(dtype)) for name, one in weights.tensors.items()),
      state=((name, one.read()) for name, one in weights.state.items()),
      step=weights.step,
      config=weights.config,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Orbax(Kind):
  """A folder with a student in `best/`, as a run leaves it."""

  def notes(self, network: origin_lib.Network) -> list[str]:
    """The optimizer, and what belongs to the tokenizer or to the run."""
    lacks = _without_companions(network.origin)
    return [*_without_optimizer(network.weights), *lacks]

  def fill(
    self, folder: str, network: origin_lib.Network, dtype: np.dtype | None
  ) -> None:
    """Writes the parameters; all of them are held at once."""
    weights = network.weights
    finished.write(epath.Path(folder), weights.config, weights.tensors, dtype)


def _without_optimizer(weights: contents.Weights) -> list[str]:
  moments = [name for name in weights.state if name != _STEP]
  note = (
    f'The {len(moments)} arrays of the optimizer are left out: a run begins '
    'with an optimizer of its own.'
  )
  return [note] if moments else []


def _without_companions(origin: origin_lib.Origin) -> list[str]:
  tokenizer = (
    f'The tokenizer stays where it is: give --gin.VOCABULARY={origin.place}.'
  )
  run = (
    'Vocabulary, scores and settings of the run stay with the run: only '
    '--to=huggingface takes them along.'
  )
  if origin.trained:
    return [run]
  return [tokenizer] if origin.has_tokenizer else []


KINDS: dict[str, Kind] = {
  'huggingface': HuggingFace(),
  't5x': T5X(),
  'orbax': Orbax(),
}


def _has_fitting(network: origin_lib.Network) -> bool:
  """Whether the vocabulary, where it is known, is written or copied."""
  known = network.origin.vocabulary
  return known is None or tokenizers.fits(network.weights.config, known)


def _require_rows(vocabulary: tokenizer.Tokenizer, rows: int) -> None:
  if vocabulary.size > rows:
    extra = getattr(vocabulary, 'extra_ids', 0)
    raise ValueError(
      f'The vocabulary {vocabulary.path} has {vocabulary.size:,} ids '
      f'({extra} of them extra ids) and the embedding '
      f'{rows:,} rows; give the vocabulary of this network, or another '
      '--extra_ids.'
    )


def _generation(origin: origin_lib.Origin, config: contents.Config) -> str:
  """How transformers is to write.

  Padding and rows without an id are never written, as by the student here.
  """
  said: dict[str, Any] = families.of(config).writes()
  limit = origin.vocabulary.size if origin.vocabulary else None
  if origin.trained:
    said['max_new_tokens'] = origin.trained.max_tokens
    limit = origin.trained.vocab_limit or limit
  if limit is not None:
    unused = range(limit, config.vocab_size)
    said['suppress_tokens'] = [said['pad_token_id'], *unused]
  return json.dumps(said, indent=2) + '\n'
