"""Beam search: the best of many half-written texts, by total probability."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from distill_jax.students import writer as writer_lib


class _State(NamedTuple):
  """Texts on their way and finished ones; W of each per example.

  Attributes:
    index: tokens written so far.
    texts: unfinished texts, best first.
    scores: their log-probabilities.
    cache: the network's, W rows per example.
    done: finished texts, best first.
    done_scores: their log-probability / length ** penalty; -inf for none yet.
    improvable: False once no unfinished text of the example can win.
  """

  index: Int[Array, '']
  texts: Int[Array, 'B W T']
  scores: Float[Array, 'B W']
  cache: Any
  done: Int[Array, 'B W T']
  done_scores: Float[Array, 'B W']
  improvable: Bool[Array, ' B']


def search(
  writer: writer_lib.Writer,
  *,
  width: int,
  max_tokens: int,
  length_penalty: float,
) -> Int[Array, 'B T']:
  """Returns the best text of each example.

  Each step extends the W unfinished texts of an example by their 2 W likeliest
  continuations, so that W unfinished ones remain even if W of them end. Those
  among the best W that end (by EOS, or at `max_tokens`) compete for the W
  places of finished texts by log-probability / length ** length_penalty. An
  example is settled when its best unfinished text, scored at its present
  length, is not better than its worst finished one. These are the rules of
  transformers' `generate(num_beams=W, early_stopping=False)`.

  The network runs on W rows per example, but the encoded input is not repeated.
  """

  def unfinished(state: _State) -> Bool[Array, '']:
    return (state.index < max_tokens) & jnp.any(state.improvable)

  def extend(state: _State) -> _State:
    last = jnp.maximum(state.index - 1, 0)
    tokens = jax.lax.dynamic_index_in_dim(state.texts, last, 2, keepdims=False)
    step = jax.vmap(writer.step, in_axes=(1, None, 1), out_axes=1)
    logits, cache = step(tokens, state.index, state.cache)
    logp = writer.forbid(jax.nn.log_softmax(logits, axis=-1))
    scores, parents, tokens = _continue(state.scores, logp)
    texts = _take(state.texts, parents)
    texts = jax.lax.dynamic_update_index_in_dim(texts, tokens, state.index, 2)

    length = (state.index + 1).astype(jnp.float32)
    ends = (tokens == writer_lib.EOS) | (state.index + 1 == max_tokens)
    ended = ends & (jnp.arange(2 * width) < width) & state.improvable[:, None]
    done_scores, kept = _best(
      state.done_scores,
      jnp.where(ended, scores / length**length_penalty, -jnp.inf),
    )
    done = _take(jnp.concatenate([state.done, texts], axis=1), kept)

    scores, going = jax.lax.top_k(jnp.where(ends, -jnp.inf, scores), width)
    hope = scores[:, 0] / length**length_penalty
    return _State(
      index=state.index + 1,
      texts=_take(texts, going),
      scores=scores,
      cache=jax.tree.map(lambda x: _take(x, _take(parents, going)), cache),
      done=done,
      done_scores=done_scores,
      improvable=state.improvable & (hope > jnp.min(done_scores, axis=-1)),
    )

  start = _start(writer, width, max_tokens)
  return jax.lax.while_loop(unfinished, extend, start).done[:, 0]


def _start(writer: writer_lib.Writer, width: int, max_tokens: int) -> _State:
  texts = jnp.full((writer.rows, width, max_tokens), writer_lib.PAD, jnp.int32)
  nothing = jnp.full((writer.rows, width), -jnp.inf)
  repeat = lambda x: jnp.repeat(x[:, None], width, axis=1)
  return _State(
    index=jnp.zeros((), jnp.int32),
    texts=texts,
    # Only the first of W equal beginnings may grow.
    scores=nothing.at[:, 0].set(0.0),
    cache=jax.tree.map(repeat, writer.cache),
    done=texts,
    done_scores=nothing,
    improvable=~writer.silent,
  )


def _continue(
  scores: Float[Array, 'B W'], logp: Float[Array, 'B W V']
) -> tuple[Float[Array, 'B 2W'], Int[Array, 'B 2W'], Int[Array, 'B 2W']]:
  """Returns the 2 W best continuations: score, parent and token of each."""
  rows, width, size = logp.shape
  total = (scores[..., None] + logp).reshape(rows, width * size)
  best, index = jax.lax.top_k(total, 2 * width)
  return best, index // size, (index % size).astype(jnp.int32)


def _best(
  old: Float[Array, 'B W'], new: Float[Array, 'B 2W']
) -> tuple[Float[Array, 'B W'], Int[Array, 'B W']]:
  """Returns the W best scores of both and their places in old + new."""
  return jax.lax.top_k(jnp.concatenate([old, new], axis=1), old.shape[1])


def _take(x: Array, index: Int[Array, 'B N']) -> Array:
  """Returns x[b, index[b, n]] for all n."""
  return jax.vmap(lambda row, i: row[i])(x, index)
