"""OPT (arXiv:2205.01068) and OPT-IML (arXiv:2212.12017), decoders alone."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float, Int

from distill_jax.models import (
  affine,
  attention,
  layers,
  opt_config,
  opt_layer,
  repeat,
)

OptConfig = opt_config.OptConfig
Memories = tuple[attention.Memory, ...]  # of each layer
_OFFSET = 2  # the first two rows of the table of positions are never used
_NORMAL = nn.initializers.normal(0.02)


class Known(NamedTuple):
  """A prompt that was read.

  Attributes:
    memories: keys and values of its tokens.
    mask: which of them may be looked at.
    length: tokens that may, the position of the next one.
  """

  memories: Memories
  mask: Bool[Array, 'B S']
  length: Int[Array, ' B']


class OPT(nn.Module):
  """The whole network; `students.decoder_only.DecoderOnly` is its front."""

  config: OptConfig

  def setup(self):
    """Declares the parts."""
    c = self.config
    dtype = c.compute_dtype
    self.token_embedder = affine.Embed(
      c.vocab_size, c.token_dim, ('vocab', 'embed'), dtype
    )
    self.position_embedder = affine.Embed(
      c.num_positions + _OFFSET, c.emb_dim, ('positions', 'embed'), dtype
    )
    if c.token_dim != c.emb_dim:
      product = lambda features: layers.Dense(
        features, ('embed', 'embed_out'), dtype, _NORMAL
      )
      self.project_in = product(c.emb_dim)
      self.project_out = product(c.token_dim)
    self.layers = repeat.build(opt_layer.Layer, c, c.num_decoder_layers, 2)
    if c.norm_first:
      self.decoder_norm = affine.LayerNorm(dtype, c.norm_epsilon)

  def __call__(self, ids: Int[Array, 'B T']) -> Float[Array, 'B T V']:
    """Returns float32 logits of what follows each token."""
    return self.logits(self.read(ids)[0])

  def read(
    self, ids: Int[Array, 'B T']
  ) -> tuple[Float[Array, 'B T D'], Memories]:
    """Returns the vector of each token, and keys and values of all.

    A token sees those before it, so what padding says at a row's end concerns
    nobody.
    """
    length = ids.shape[1]
    self._require_room(length)
    return self._run(ids, jnp.arange(length)[None], None)

  def write(
    self,
    ids: Int[Array, 'B T'],
    known: Known,
    numbers: Int[Array, ' B'] | None = None,
  ) -> Float[Array, 'B T D']:
    """Returns the vectors of tokens that follow a prompt.

    Args:
      ids: the tokens.
      known: the prompt.
      numbers: of the rows, on which their dropout depends; their positions by
        default.
    """
    length = ids.shape[1]
    self._require_room(known.mask.shape[1] + length)
    positions = known.length[:, None] + jnp.arange(length)
    return self._run(ids, positions, known, numbers)[0]

  def logits(self, hidden: Float[Array, '*B D']) -> Float[Array, '*B V']:
    """Returns float32 logits."""
    if self.config.token_dim != self.config.emb_dim:
      hidden = self.project_out(hidden)
    return self.token_embedder.attend(hidden)

  def begin(self, rows: int, length: int, known: Known) -> Memories:
    """Returns an empty cache for `length` tokens behind a prompt."""
    c = self.config
    self._require_room(known.mask.shape[1] + length)
    empty = opt_layer.empty(c, rows, length)
    return (empty,) * c.num_decoder_layers

  def step(
    self,
    ids: Int[Array, ' B'],
    index: Int[Array, ''],
    known: Known,
    cache: Memories,
  ) -> tuple[Float[Array, 'B V'], Memories]:
    """Returns the logits of what follows token `index` behind the prompt.

    Args:
      ids: the tokens at `index`.
      index: from 0, the first one behind the prompt.
      known: the prompt.
      cache: from `begin`, then from the step before.

    Returns:
      the logits, and the cache with the tokens in it.
    """
    x = self._embed(ids[:, None], known.length[:, None] + index)
    bias = attention.padding_bias(known.mask)
    length = cache[0].keys.shape[2]
    written = attention.padding_bias(jnp.arange(length)[None] <= index)
    new = []
    for layer, old, prompt in zip(self.layers, cache, known.memories):
      x, memory = layer.step(x, index, old, prompt, bias, written)
      new.append(memory)
    return self.logits(self._last(x)[:, 0]), tuple(new)

  def _run(self, ids, positions, known: Known | None, numbers=None):
    x = self._embed(ids, positions)
    numbers = jnp.arange(len(ids)) if numbers is None else numbers
    masks = opt_layer.masks(self, self.config, numbers)
    causal = attention.causal_bias(ids.shape[1])
    bias = None if known is None else attention.padding_bias(known.mask)
    memories = None if known is None else known.memories
    x, new = _through(self.layers, x, masks, memories, bias, causal)
    return self._last(x), new

  def _embed(self, ids, positions):
    x = self.token_embedder(ids)
    if self.config.token_dim != self.config.emb_dim:
      x = self.project_in(x)
    return x + self.position_embedder(positions + _OFFSET)

  def _last(self, x):
    return self.decoder_norm(x) if self.config.norm_first else x

  def _require_room(self, length: int) -> None:
    if length > self.config.num_positions:
      raise ValueError(
        f'OPT: prompt and text are {length} tokens wide, expected at most '
        f'num_positions = {self.config.num_positions}; lower the Lengths.'
      )


def _through(stack, x, masks, memories: Memories | None, *shared):
  """Returns x after all layers, and the memory of each."""
  if isinstance(stack, nn.Module):
    joined = memories and jax.tree.map(lambda *m: jnp.stack(m), *memories)
    x, new = stack(x, (masks, joined), *shared)
    count = len(new.keys)
    return x, tuple(
      jax.tree.map(lambda m, i=i: m[i], new) for i in range(count)
    )
  new = []
  for i, layer in enumerate(stack):
    own = {name: mask[i] for name, mask in masks.items()}
    x, memory = layer(x, (own, memories and memories[i]), *shared)
    new.append(memory)
  return x, tuple(new)
