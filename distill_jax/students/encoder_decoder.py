"""The T5 family as a student."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from distill_jax import batch as batch_lib
from distill_jax.models import boxed, repeat, rows, t5
from distill_jax.students import cross_entropy, student
from distill_jax.students import sampling as sampling_lib
from distill_jax.students import writer as writer_lib


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class Question(student.Encoded):
  """An input as T5's encoder read it.

  Attributes:
    layout: where the vectors of `hidden` lie, if not in rows.
  """

  layout: rows.Layout | None = None

  @property
  def source(self) -> t5.Source:
    """Returns what the decoder looks at."""
    return t5.Source(self.hidden, self.valid, self.layout)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncoderDecoder(boxed.Boxed):
  """A T5 that reads a question and scores or writes labels and rationales.

  Implements `student.Student`.

  Attributes:
    config: sizes of the network.
    vocab_limit: ids from here on are never written: T5 has 32,128 rows in its
      embedding and 32,100 pieces in its vocabulary. None allows all.
    logits_at_once: tokens whose logits `nll` holds at a time, on each device
      where the batch has rooms, on all together where it has none;
      see `cross_entropy.nats`.
  """

  leaves_padding_out: ClassVar[bool] = True

  config: t5.T5Config
  vocab_limit: int | None = None
  logits_at_once: int = cross_entropy.AT_ONCE

  def __post_init__(self):
    limit = self.vocab_limit
    if limit is not None and not 2 <= limit <= self.config.vocab_size:
      raise ValueError(
        f'EncoderDecoder.vocab_limit is {limit}, expected the size of the '
        f'vocabulary, at most config.vocab_size = {self.config.vocab_size}.'
      )
    cross_entropy.require_some(self)

  def encode(
    self,
    params: student.Params,
    inputs: Int[Array, 'B S'],
    rng: Array | None = None,
    room: batch_lib.Room | None = None,
  ) -> Question:
    """Returns the inputs as read; see `student.Student.encode`."""
    valid = inputs > 0
    layout = rows.lay(valid, room)
    hidden = self._apply(params, rng, inputs, layout, method='encode')
    return Question(hidden=hidden, valid=valid, layout=layout)

  def nll(
    self,
    params: student.Params,
    encoded: Question,
    targets: Int[Array, 'M T'],
    rng: Array | None = None,
    row_ids: Int[Array, ' M'] | None = None,
    room: batch_lib.Room | None = None,
  ) -> student.TokenNLL:
    """Returns the nats each target token costs, in float32.

    logsumexp(logits) - logits[token]. A row of padding costs 0 and has no
    gradient. The arguments are those of `student.Student.nll`.
    """
    layout = rows.lay(targets > 0, room)
    hidden = self._apply(
      params, rng, encoded.source, targets, layout, row_ids, method='decode'
    )
    project = lambda hidden: self._apply(params, None, hidden, method='logits')
    at_once = self.logits_at_once * (room.parts if room else 1)
    ids = rows.flat(layout, targets)
    found = cross_entropy.nll(project, hidden, ids, at_once)
    return jax.tree.map(lambda x: rows.grid(layout, x), found)

  def logits(
    self,
    params: student.Params,
    encoded: Question,
    targets: Int[Array, 'M T'],
    rng: Array | None = None,
  ) -> Float[Array, 'M T V']:
    """Returns the float32 logits of each target given those before it."""
    return self._apply(params, rng, encoded.source, targets, method=_decode)

  def sample(
    self,
    params: student.Params,
    encoded: student.Encoded,
    sampling: sampling_lib.Sampling,
    rng: Array | None = None,
    row_ids: Int[Array, ' B'] | None = None,
  ) -> Int[Array, 'B T']:
    """Returns T = sampling.max_tokens tokens: text, EOS if it came, padding.

    Args:
      params: parameters.
      encoded: the inputs.
      sampling: how to choose tokens.
      rng: key of the samples; not needed by Greedy and Beam.
      row_ids: a number per row that its random key is made from, such as the
        example's index, so that a text does not depend on the batch it is
        written in; the position in the batch by default.
    """
    if self.config.scan_layers:
      params = repeat.unstack(params)
    writer = self._writer(params, encoded, sampling.max_tokens)
    return sampling(writer, sampling_lib.row_keys(rng, row_ids, writer.rows))

  def _writer(self, params, encoded, max_tokens) -> writer_lib.Writer:
    unrolled = dataclasses.replace(self.config, scan_layers=False, remat=False)
    network, variables = t5.T5(unrolled), {'params': params}
    fixed, cache = network.apply(
      variables, encoded.source, max_tokens, method='begin'
    )
    step = lambda tokens, index, cache: network.apply(
      variables, tokens, index, fixed, cache, method='step'
    )
    return writer_lib.Writer(
      step=step,
      cache=cache,
      allowed=writer_lib.allowed(self.config.vocab_size, self.vocab_limit),
      rows=len(encoded.valid),
      silent=~jnp.any(encoded.valid, axis=1),
    )

  def _apply(self, params, rng, *args, method):
    rngs = {} if rng is None else {'dropout': rng}
    network = t5.T5(self.config)
    return network.apply({'params': params}, *args, method=method, rngs=rngs)

  def _boxed(self, rng):
    tokens = jnp.ones((1, 1), jnp.int32)
    return t5.T5(self.config).init(rng, tokens, tokens)['params']


def _decode(network: t5.T5, *args) -> Array:
  return network.logits(network.decode(*args))
