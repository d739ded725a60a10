"""T5 1.0, 1.1 and Flan (arXiv:1910.10683, arXiv:2002.05202).

The tree of parameters is that of T5X's example network, so its checkpoints map
one to one.
"""

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float, Int

from distill_jax.models import config, decoder, encoder, layers, rows

T5Config = config.T5Config
Source = decoder.Source


class Encoder(nn.Module):
  """Embedding and encoder alone: the first half of T5's tree of parameters."""

  config: T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    self.token_embedder = layers.Embed(c.vocab_size, c.emb_dim, c.compute_dtype)
    self.encoder = encoder.EncoderStack(c)

  def __call__(
    self, inputs: Int[Array, 'B S'], layout: rows.Layout | None = None
  ) -> Float[Array, '*N D']:
    """Returns the encoded tokens, in rows or as laid out.

    Those of padding (id 0) mean nothing.
    """
    x = self.token_embedder(rows.flat(layout, inputs))
    return self.encoder(x, inputs > 0, layout)


class T5(nn.Module):
  """The whole network; `student.EncoderDecoder` is its front."""

  config: T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    self.token_embedder = layers.Embed(c.vocab_size, c.emb_dim, c.compute_dtype)
    self.encoder = encoder.EncoderStack(c)
    self.decoder = decoder.DecoderStack(c)

  def __call__(
    self, inputs: Int[Array, 'B S'], targets: Int[Array, 'B T']
  ) -> Float[Array, 'B T V']:
    """Returns float32 logits of each target given those before it."""
    source = Source(self.encode(inputs), inputs > 0)
    return self.logits(self.decode(source, targets))

  def encode(
    self, inputs: Int[Array, 'B S'], layout: rows.Layout | None = None
  ) -> Float[Array, '*N D']:
    """Returns the encoded tokens, in rows or as laid out.

    Those of padding (id 0) mean nothing.
    """
    x = self.token_embedder(rows.flat(layout, inputs))
    return self.encoder(x, inputs > 0, layout)

  def decode(
    self,
    source: Source,
    targets: Int[Array, 'M T'],
    layout: rows.Layout | None = None,
    numbers: Int[Array, ' M'] | None = None,
  ) -> Float[Array, '*N D']:
    """Returns the vectors that `logits` turns into predictions of `targets`.

    Vector t has seen the targets before t only; the first one sees the start
    token, id 0.

    Args:
      source: the encoded input.
      targets: M / B rows for each row of the input, behind one another.
      layout: where to lay the vectors, if not in rows.
      numbers: of the targets, on which their dropout depends; their positions
        by default.
    """
    size, length = targets.shape
    numbers = jnp.arange(size) if numbers is None else numbers
    tokens = jnp.pad(targets[:, :-1], ((0, 0), (1, 0)))
    x = self.token_embedder(rows.flat(layout, tokens))
    return self.decoder(x, source, length, numbers, layout)

  def logits(self, hidden: Float[Array, '*B D']) -> Float[Array, '*B V']:
    """Returns float32 logits."""
    if self.config.logits_via_embedding:
      return self.token_embedder.attend(hidden)
    return self.decoder.logits(hidden)

  def begin(
    self,
    source: Source,
    length: int,
  ) -> tuple[decoder.Fixed, decoder.Cache]:
    """Returns what `step` needs to write up to `length` tokens."""
    return self.decoder.begin(source, length)

  def step(
    self,
    tokens: Int[Array, ' B'],
    index: Int[Array, ''],
    fixed: decoder.Fixed,
    cache: decoder.Cache,
  ) -> tuple[Float[Array, 'B V'], decoder.Cache]:
    """Returns the logits of token `index` and the cache with `tokens` in it.

    Args:
      tokens: the tokens at `index` - 1; zeros (the start token) at first.
      index: position of the token to predict, from 0.
      fixed: from `begin`.
      cache: from `begin`, then from the step before.
    """
    x = self.token_embedder(tokens[:, None])
    hidden, cache = self.decoder.step(x, index, fixed, cache)
    return self.logits(hidden[:, 0]), cache
