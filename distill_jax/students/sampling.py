"""Ways to write: greedy, by temperature, by beam search.

A way is an object; a student hands it a `writer.Writer`, its next-token
function.
"""

import dataclasses
from collections.abc import Callable
from typing import Protocol

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from distill_jax.students import beam
from distill_jax.students import writer as writer_lib


class Sampling(Protocol):
  """A way to write."""

  max_tokens: int

  def __call__(
    self, writer: writer_lib.Writer, keys: Array | None
  ) -> Int[Array, 'B T']:
    """Returns the tokens; `keys` holds a random key per row."""


def row_keys(
  rng: Array | None, row_ids: Int[Array, ' B'] | None, rows: int
) -> Array | None:
  """Returns a random key per row, or None where there is no key.

  Args:
    rng: key of all samples.
    row_ids: a number per row that its key is made from; by default its
      position.
    rows: B.
  """
  if rng is None:
    return None
  ids = jnp.arange(rows) if row_ids is None else row_ids
  return jax.vmap(jax.random.fold_in, (None, 0))(rng, ids)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Greedy:
  """Writes the likeliest token each time.

  Attributes:
    max_tokens: T, the end of a text that never says EOS.
  """

  max_tokens: int

  def __post_init__(self):
    _check_max_tokens(self.max_tokens)

  def __call__(
    self, writer: writer_lib.Writer, keys: Array | None = None
  ) -> Int[Array, 'B T']:
    """Returns the tokens; `keys` are not used."""
    del keys
    choose = lambda logits, index: likeliest(logits)
    return _write(writer, choose, self.max_tokens)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Temperature:
  """Draws each token from softmax(logits / temperature).

  Attributes:
    max_tokens: T, the end of a text that never says EOS.
    temperature: above 1 the texts vary more, below 1 less.
    top_k: draw among the k likeliest tokens; 0 for all.
    top_p: draw among the likeliest tokens that together reach this
      probability; needs `top_k`, inside which it is computed.
  """

  max_tokens: int
  temperature: float = 1.0
  top_k: int = 0
  top_p: float = 1.0

  def __post_init__(self):
    _check_max_tokens(self.max_tokens)
    if not self.temperature > 0.0:
      raise ValueError(
        f'Temperature.temperature is {self.temperature}, expected more than 0; '
        'Greedy() is its limit.'
      )
    if self.top_k < 0 or not 0.0 < self.top_p <= 1.0:
      raise ValueError(
        f'Temperature.top_k is {self.top_k} and top_p {self.top_p}, expected '
        'top_k >= 0 and 0 < top_p <= 1.'
      )
    if self.top_p < 1.0 and not self.top_k:
      raise ValueError(
        f'Temperature.top_p is {self.top_p} without top_k: it would sort the '
        'whole vocabulary each step. Give top_k too, for example 50.'
      )

  def __call__(
    self, writer: writer_lib.Writer, keys: Array | None = None
  ) -> Int[Array, 'B T']:
    """Returns the tokens; each row draws from its own key.

    Raises:
      ValueError: without keys.
    """
    if keys is None:
      raise ValueError('Temperature draws at random: sample() needs an rng.')

    def choose(logits, index):
      step_keys = jax.vmap(jax.random.fold_in, (0, None))(keys, index)
      uniform = jax.vmap(jax.random.uniform)(step_keys)
      return self.draw(logits, uniform)

    return _write(writer, choose, self.max_tokens)

  def draw(
    self, logits: Float[Array, 'B V'], uniform: Float[Array, ' B']
  ) -> Int[Array, ' B']:
    """Returns the id at which the cumulative probability passes `uniform`.

    The inverse of the cumulative distribution asks for one random number per
    row, where Gumbel noise asks for one per id.
    """
    logits = logits / self.temperature
    ids = None
    if self.top_k:
      logits, ids = jax.lax.top_k(logits, min(self.top_k, logits.shape[-1]))
    p = jax.nn.softmax(logits, axis=-1)
    if self.top_p < 1.0:
      p = jnp.where(jnp.cumsum(p, axis=-1) - p < self.top_p, p, 0.0)
    total = jnp.cumsum(p, axis=-1)
    drawn = _first_above(total, uniform * total[:, -1])
    if ids is None:
      return drawn
    return jnp.take_along_axis(ids, drawn[:, None], axis=-1)[:, 0]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Beam:
  """Writes the likeliest text that a search of limited width finds.

  Attributes:
    max_tokens: T, the end of a text that never says EOS.
    width: W, unfinished texts that are kept per input.
    length_penalty: exponent of the length that a finished text's
      log-probability is divided by; 0 prefers short texts, large values long.
  """

  max_tokens: int
  width: int
  length_penalty: float = 1.0

  def __post_init__(self):
    _check_max_tokens(self.max_tokens)
    if self.width < 1:
      raise ValueError(f'Beam.width is {self.width}, expected at least 1.')

  def __call__(
    self, writer: writer_lib.Writer, keys: Array | None = None
  ) -> Int[Array, 'B T']:
    """Returns the tokens; `keys` are not used."""
    del keys
    return beam.search(
      writer,
      width=self.width,
      max_tokens=self.max_tokens,
      length_penalty=self.length_penalty,
    )


def likeliest(logits: Float[Array, 'B V']) -> Int[Array, ' B']:
  """Returns the id of the largest logit, the first of equal ones.

  `jnp.argmax`, except that two plain reductions take a tenth of its time on a
  CPU.
  """
  ids = jnp.arange(logits.shape[-1])
  top = jnp.max(logits, axis=-1, keepdims=True)
  return jnp.min(jnp.where(logits == top, ids, ids[-1]), axis=-1)


def _first_above(
  total: Float[Array, 'B V'], level: Float[Array, ' B']
) -> Int[Array, ' B']:
  """Index of the first entry above `level`: one of positive probability."""
  count = jnp.sum(total <= level[:, None], axis=-1)
  # Rounding may put the level on the last sum; step back to the entry that
  # reached it.
  last = jnp.sum(total < total[:, -1:], axis=-1)
  return jnp.minimum(count, last)


def _write(
  writer: writer_lib.Writer,
  choose: Callable[[Array, Array], Array],
  max_tokens: int,
) -> Int[Array, 'B T']:
  """Writes until every row has said EOS or has `max_tokens` tokens."""

  def unfinished(state):
    index, _, _, ended, _ = state
    return (index < max_tokens) & ~jnp.all(ended)

  def write_one(state):
    index, last, written, ended, cache = state
    logits, cache = writer.step(last, index, cache)
    token = choose(writer.forbid(logits), index).astype(jnp.int32)
    token = jnp.where(ended, writer_lib.PAD, token)
    written = jax.lax.dynamic_update_slice(written, token[:, None], (0, index))
    return index + 1, token, written, ended | (token == writer_lib.EOS), cache

  state = (
    jnp.zeros((), jnp.int32),
    jnp.full((writer.rows,), writer_lib.PAD, jnp.int32),
    jnp.full((writer.rows, max_tokens), writer_lib.PAD, jnp.int32),
    writer.silent,
    writer.cache,
  )
  return jax.lax.while_loop(unfinished, write_one, state)[2]


def _check_max_tokens(max_tokens: int) -> None:
  if max_tokens < 1:
    raise ValueError(f'max_tokens is {max_tokens}, expected at least 1.')
