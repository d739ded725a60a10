"""T5 1.0, 1.1 and Flan (arXiv:1910.10683, arXiv:2002.05202).

The tree of parameters is that of T5X's example network, so its checkpoints map
one to one.
"""

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Bool, Float, Int

from distill_jax.models import config, decoder, encoder, layers

T5Config = config.T5Config


class Encoder(nn.Module):
  """Embedding and encoder alone: the first half of T5's tree of parameters."""

  config: T5Config

  def setup(self):
    """Declares the parts, under T5X's names."""
    c = self.config
    self.token_embedder = layers.Embed(c.vocab_size, c.emb_dim, c.compute_dtype)
    self.encoder = encoder.EncoderStack(c)

  def __call__(self, inputs: Int[Array, 'B S']) -> Float[Array, 'B S D']:
    """Returns the encoded tokens; those of padding (id 0) mean nothing."""
    return self.encoder(self.token_embedder(inputs), inputs > 0)


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
    encoded = self.encode(inputs)
    return self.logits(self.decode(encoded, inputs > 0, targets))

  def encode(self, inputs: Int[Array, 'B S']) -> Float[Array, 'B S D']:
    """Returns the encoded tokens; those of padding (id 0) mean nothing."""
    return self.encoder(self.token_embedder(inputs), inputs > 0)

  def decode(
    self,
    encoded: Float[Array, 'B S D'],
    valid: Bool[Array, 'B S'],
    targets: Int[Array, 'B T'],
  ) -> Float[Array, 'B T D']:
    """Returns the vectors that `logits` turns into predictions of `targets`.

    Vector t has seen the targets before t only; the first one sees the start
    token, id 0.
    """
    tokens = jnp.pad(targets[:, :-1], ((0, 0), (1, 0)))
    return self.decoder(self.token_embedder(tokens), encoded, valid)

  def logits(self, hidden: Float[Array, '*B D']) -> Float[Array, '*B V']:
    """Returns float32 logits."""
    if self.config.logits_via_embedding:
      return self.token_embedder.attend(hidden)
    return self.decoder.logits(hidden)

  def begin(
    self,
    encoded: Float[Array, 'B S D'],
    valid: Bool[Array, 'B S'],
    length: int,
  ) -> tuple[decoder.Fixed, decoder.Cache]:
    """Returns what `step` needs to write up to `length` tokens."""
    return self.decoder.begin(encoded, valid, length)

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
