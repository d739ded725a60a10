"""Encoders that a critic reads by, each with its marks around texts."""

import dataclasses
from typing import Any, NamedTuple, Protocol

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.critics import corruption
from distill_jax.models import bert, t5


class Rows(NamedTuple):
  """Texts between their marks, padded with 0.

  Attributes:
    ids: tokens; every row has at least one mark.
    types: 1 for the tokens of the second text of a pair, 0 elsewhere.
  """

  ids: Int[Array, 'B S']
  types: Int[Array, 'B S']


class TextEncoder(Protocol):
  """A network that turns texts into a vector per token.

  Attributes:
    config: its sizes, of which `vocab_size` is one.
    max_length: tokens of the longest row, marks included; None for no limit.
  """

  config: Any
  max_length: int | None

  def module(self, name: str) -> nn.Module:
    """Returns the Flax module, a part of another one under this name."""
    ...

  def read(self, module: nn.Module, rows: Rows) -> Float[Array, 'B S D']:
    """Returns the vectors of all tokens; those of padding mean nothing."""
    ...

  def single(self, texts: Int[Array, 'B S']) -> Rows:
    """Returns each text as a row of its own."""
    ...

  def pair(self, first: Int[Array, 'B S'], second: Int[Array, 'B T']) -> Rows:
    """Returns two texts as one row, without padding between them."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class BertEncoder:
  """BERT, LinkBERT or BioLinkBERT: `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]`.

  Attributes:
    config: its sizes.
    cls_id: of [CLS], 101 in BERT's own vocabulary and 2 in BioLinkBERT's.
    sep_id: of [SEP], 102 and 3.
  """

  config: bert.BertConfig
  cls_id: int = 101
  sep_id: int = 102

  @property
  def max_length(self) -> int:
    """As many tokens as there are positions."""
    return self.config.num_positions

  def module(self, name: str) -> nn.Module:
    """Returns the Flax module; see `TextEncoder`."""
    return bert.Bert(self.config, name=name)

  def read(self, module: nn.Module, rows: Rows) -> Float[Array, 'B S D']:
    """Returns a vector per token; see `TextEncoder`."""
    return module(rows.ids, rows.types)

  def single(self, texts: Int[Array, 'B S']) -> Rows:
    """Returns rows `[CLS] a [SEP]`."""
    return _joined([(self.cls_id, texts, self.sep_id)])

  def pair(self, first: Int[Array, 'B S'], second: Int[Array, 'B T']) -> Rows:
    """Returns rows `[CLS] a [SEP] b [SEP]`; `b [SEP]` is of type 1."""
    return _joined(
      [(self.cls_id, first, self.sep_id), (None, second, self.sep_id)]
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class T5Encoder:
  """The encoder of a T5: `a EOS` and `a EOS b EOS`.

  Attributes:
    config: its sizes.
    eos_id: the mark.
  """

  config: t5.T5Config
  eos_id: int = 1

  @property
  def max_length(self) -> None:
    """No limit: positions are relative."""

  def module(self, name: str) -> nn.Module:
    """Returns the Flax module; see `TextEncoder`."""
    return t5.Encoder(self.config, name=name)

  def read(self, module: nn.Module, rows: Rows) -> Float[Array, 'B S D']:
    """Returns a vector per token; see `TextEncoder`."""
    return module(rows.ids)

  def single(self, texts: Int[Array, 'B S']) -> Rows:
    """Returns rows `a EOS`."""
    return _joined([(None, texts, self.eos_id)])

  def pair(self, first: Int[Array, 'B S'], second: Int[Array, 'B T']) -> Rows:
    """Returns rows `a EOS b EOS`."""
    return _joined([(None, first, self.eos_id), (None, second, self.eos_id)])


def _joined(
  parts: list[tuple[int | None, Int[Array, 'B S'], int]],
) -> Rows:
  """Returns all parts behind one another, each between its marks.

  Args:
    parts: (mark before it or None, text, mark behind it) of each.
  """
  ids, types = [], []
  for number, (before, texts, behind) in enumerate(parts):
    mark = lambda id, like=texts: jnp.full((len(like), 1), id, like.dtype)
    pieces = [] if before is None else [mark(before)]
    row = jnp.concatenate([*pieces, texts, mark(behind)], axis=1)
    ids.append(row)
    types.append(jnp.full(row.shape, number, row.dtype))
  ids, types = jnp.concatenate(ids, axis=1), jnp.concatenate(types, axis=1)
  return Rows(
    corruption.left_align(ids, ids != 0), corruption.left_align(types, ids != 0)
  )
