"""Damaged copies of rationales: word masking and word replacement.

Works on token ids inside the jitted step. A word is a piece that begins a word
and the pieces that continue it; a damaged word becomes one piece.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from distill_jax.text import tokenizer as tokenizer_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corruption:
  """Masks some words of each rationale and replaces others.

  Example, with words marked by a capital and rates that hit words 1 and 2:
  `A b C D e` -> `<mask> C F` (word `A b` masked, word `D e` replaced by `F`).

  Attributes:
    vocabulary: tells which pieces begin a word.
    mask_rate: share of words that become the mask piece.
    replace_rate: share of words that become a word drawn from the batch; one
      that draws itself becomes the mask piece.
    mask_id: the mask piece; the vocabulary's unknown piece by default.
  """

  vocabulary: tokenizer_lib.Tokenizer
  mask_rate: float = 0.15
  replace_rate: float = 0.15
  mask_id: int | None = None

  def __post_init__(self):
    rates = (self.mask_rate, self.replace_rate)
    if min(rates) < 0 or not 0 < sum(rates) <= 1:
      raise ValueError(
        f'Corruption: mask_rate + replace_rate is {rates[0]} + {rates[1]}; '
        'both must be at least 0 and their sum above 0 and at most 1.'
      )

  def __call__(
    self, rng: Array, rationales: Int[Array, '*B T']
  ) -> Int[Array, '*B T']:
    """Returns damaged copies, left-aligned; every non-empty one is damaged.

    Args:
      rng: random key.
      rationales: token ids, padded with 0; EOS is never touched.
    """
    hit_rng, kind_rng, word_rng = jax.random.split(rng, 3)
    tokens = rationales.reshape(-1, rationales.shape[-1])
    starts = self._starts(tokens)
    word = jnp.cumsum(starts, axis=-1)
    hit = self._hits(hit_rng, tokens, starts, word)
    masked = jax.random.bernoulli(
      kind_rng,
      self.mask_rate / (self.mask_rate + self.replace_rate),
      tokens.shape,
    )
    mask_id = self.vocabulary.unk_id if self.mask_id is None else self.mask_id
    drawn = _draw(word_rng, tokens, starts)
    # A word that draws itself is masked: an intact copy would be called wrong.
    damage = jnp.where(masked | (drawn == tokens), mask_id, drawn)
    keep = (tokens != 0) & (starts | ~hit)
    return left_align(jnp.where(hit & starts, damage, tokens), keep).reshape(
      rationales.shape
    )

  def _starts(self, tokens: Int[Array, 'B T']) -> Bool[Array, 'B T']:
    """Returns True where a word begins."""
    table = np.append(self.vocabulary.word_starts, False)
    table[[self.vocabulary.pad_id, self.vocabulary.eos_id]] = False
    # A model's vocabulary may be padded beyond the pieces; those are no words.
    return jnp.asarray(table)[jnp.minimum(tokens, len(table) - 1)]

  def _hits(self, rng, tokens, starts, word) -> Bool[Array, 'B T']:
    """Returns True at every piece of a damaged word."""
    rate = self.mask_rate + self.replace_rate
    draw = jax.random.uniform(rng, tokens.shape)
    # The word with the smallest draw is always hit, so no copy stays intact.
    lowest = jnp.min(jnp.where(starts, draw, jnp.inf), -1, keepdims=True)
    hit_start = starts & ((draw < rate) | (draw == lowest))
    hit_words = jax.vmap(
      lambda w, h: jnp.zeros(w.shape[0] + 1, bool).at[w].max(h)
    )(word, hit_start)
    hit = jnp.take_along_axis(hit_words, word, axis=-1)
    return hit & (tokens != 0) & (tokens != self.vocabulary.eos_id)


def left_align(
  tokens: Int[Array, '*B T'], keep: Bool[Array, '*B T']
) -> Int[Array, '*B T']:
  """Returns the kept tokens moved to the front, padded with 0."""
  order = jnp.argsort(~keep, axis=-1, stable=True)
  return jnp.take_along_axis(jnp.where(keep, tokens, 0), order, axis=-1)


def _draw(
  rng: Array, tokens: Int[Array, 'B T'], starts: Bool[Array, 'B T']
) -> Int[Array, 'B T']:
  """Returns for each place the first piece of a random word of the batch."""
  flat, is_start = tokens.reshape(-1), starts.reshape(-1)
  cumulative = jnp.cumsum(is_start)
  rank = jax.random.randint(
    rng, flat.shape, 1, jnp.maximum(cumulative[-1], 1) + 1
  )
  return flat[jnp.searchsorted(cumulative, rank)].reshape(tokens.shape)
