"""The OPT family as a student."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from distill_jax import batch as batch_lib
from distill_jax.models import attention, boxed, opt, repeat
from distill_jax.students import cross_entropy, student
from distill_jax.students import sampling as sampling_lib
from distill_jax.students import writer as writer_lib


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class Prompt(student.Encoded):
  """A prompt as a decoder read it: all tokens but the last are behind it.

  The last one is the first to be written after, so that its prediction needs
  no place of its own.

  Attributes:
    memories: keys and values of each token, a layer each.
    before: True for the tokens before the last one.
    last: the last token.
  """

  memories: tuple[attention.Memory, ...]
  before: Bool[Array, 'B S']
  last: Int[Array, ' B']

  @property
  def known(self) -> opt.Known:
    """Returns the tokens before the last one."""
    return opt.Known(
      memories=self.memories,
      mask=self.before,
      length=jnp.sum(self.before, axis=1, dtype=jnp.int32),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecoderOnly(boxed.Boxed):
  """An OPT that goes on from a question with a label or a rationale.

  OPT begins every text with EOS, where a cached input ends in it: x1 .. xn EOS
  is read as EOS x1 .. xn, and the target follows. Rows are as long as they are:
  positions count tokens, and padding behind a prompt is never looked at.

  Implements `student.Student`.

  Attributes:
    config: sizes of the network.
    vocab_limit: ids from here on are never written: OPT has 50,272 rows in its
      embedding and 50,265 pieces in its vocabulary. None allows all.
    logits_at_once: tokens whose logits `nll` holds at a time, on each device
      where the batch has rooms, on all together where it has none;
      see `cross_entropy.nats`.
  """

  leaves_padding_out: ClassVar[bool] = False

  config: opt.OptConfig
  vocab_limit: int | None = None
  logits_at_once: int = cross_entropy.AT_ONCE

  def __post_init__(self):
    limit = self.vocab_limit
    if limit is not None and not 2 <= limit <= self.config.vocab_size:
      raise ValueError(
        f'DecoderOnly.vocab_limit is {limit}, expected the size of the '
        f'vocabulary, at most config.vocab_size = {self.config.vocab_size}.'
      )
    cross_entropy.require_some(self)

  def encode(
    self,
    params: student.Params,
    inputs: Int[Array, 'B S'],
    rng: Array | None = None,
    room: batch_lib.Room | None = None,
  ) -> Prompt:
    """Returns the prompt's keys and values; see `student.Student.encode`.

    Raises:
      ValueError: if S is more than there are positions.
    """
    del room  # padding is read like tokens
    tokens, before, last = as_prompt(inputs)
    hidden, memories = self._apply(params, rng, tokens, method='read')
    # The last token too, where it has a place: an EOS has made room for it.
    valid = jnp.pad(before[:, :-1], ((0, 0), (1, 0)), constant_values=True)
    return Prompt(
      hidden=hidden,
      valid=valid & jnp.any(inputs > 0, axis=1, keepdims=True),
      memories=memories,
      before=before,
      last=last,
    )

  def nll(
    self,
    params: student.Params,
    encoded: Prompt,
    targets: Int[Array, 'M T'],
    rng: Array | None = None,
    row_ids: Int[Array, ' M'] | None = None,
    room: batch_lib.Room | None = None,
  ) -> student.TokenNLL:
    """Returns the nats each target token costs; see `student.Student.nll`."""
    size = len(encoded.last)
    ids = jnp.arange(len(targets)) if row_ids is None else row_ids
    of_each = lambda *each: self._follow(params, encoded, *each, rng)
    each = targets.reshape(size, -1, targets.shape[1])
    # Mapped over the targets of a prompt alone, which is read once.
    hidden = jax.vmap(of_each, 1, 1)(each, ids.reshape(size, -1))
    project = lambda hidden: self._apply(params, None, hidden, method='logits')
    at_once = self.logits_at_once * (room.parts if room else 1)
    nll = cross_entropy.nll(project, hidden, each, at_once)
    return jax.tree.map(lambda x: x.reshape(targets.shape), nll)

  def logits(
    self,
    params: student.Params,
    encoded: Prompt,
    targets: Int[Array, 'B T'],
    rng: Array | None = None,
  ) -> Float[Array, 'B T V']:
    """Returns the float32 logits of each target given those before it.

    Raises:
      ValueError: if S and T together are more than there are positions.
    """
    hidden = self._follow(params, encoded, targets, None, rng)
    return self._apply(params, None, hidden, method='logits')

  def _follow(self, params, encoded, targets, row_ids, rng):
    tokens = jnp.concatenate([encoded.last[:, None], targets[:, :-1]], axis=1)
    known = encoded.known
    return self._apply(params, rng, tokens, known, row_ids, method='write')

  def sample(
    self,
    params: student.Params,
    encoded: Prompt,
    sampling: sampling_lib.Sampling,
    rng: Array | None = None,
    row_ids: Int[Array, ' B'] | None = None,
  ) -> Int[Array, 'B T']:
    """Returns T = sampling.max_tokens tokens: text, EOS if it came, padding.

    The arguments are those of `EncoderDecoder.sample`.
    """
    if self.config.scan_layers:
      params = repeat.unstack(params)
    writer = self._writer(params, encoded, sampling.max_tokens)
    return sampling(writer, sampling_lib.row_keys(rng, row_ids, writer.rows))

  def _writer(self, params, prompt: Prompt, max_tokens) -> writer_lib.Writer:
    unrolled = dataclasses.replace(self.config, scan_layers=False, remat=False)
    network, variables = opt.OPT(unrolled), {'params': params}
    rows, known = len(prompt.last), prompt.known
    cache = network.apply(variables, rows, max_tokens, known, method='begin')

    def step(tokens, index, cache):
      tokens = jnp.where(index == 0, prompt.last, tokens)
      return network.apply(
        variables, tokens, index, known, cache, method='step'
      )

    return writer_lib.Writer(
      step=step,
      cache=cache,
      allowed=writer_lib.allowed(self.config.vocab_size, self.vocab_limit),
      rows=rows,
      silent=~jnp.any(prompt.valid, axis=1),
    )

  def _apply(self, params, rng, *args, method):
    rngs = {} if rng is None else {'dropout': rng}
    network = opt.OPT(self.config)
    return network.apply({'params': params}, *args, method=method, rngs=rngs)

  def _boxed(self, rng):
    tokens = jnp.ones((1, 1), jnp.int32)
    return opt.OPT(self.config).init(rng, tokens)['params']


def as_prompt(
  inputs: Int[Array, 'B S'],
) -> tuple[Int[Array, 'B S'], Bool[Array, 'B S'], Int[Array, ' B']]:
  """Returns the tokens that OPT reads, which come before the last, the last.

  With EOS 1, [5 6 1 0] becomes [1 5 6 0], [True True False False] and 6. An
  input that was cut has no EOS at its end: [5 6 7 8] becomes [1 5 6 7], all
  True, and 8. One of padding alone has EOS for its last token.
  """
  length = jnp.sum(inputs > 0, axis=1)
  final = jnp.take_along_axis(
    inputs, jnp.maximum(length - 1, 0)[:, None], axis=1
  )[:, 0]
  count = jnp.where(final == writer_lib.EOS, length - 1, length)
  begun = jnp.pad(inputs, ((0, 0), (1, 0)), constant_values=writer_lib.EOS)
  last = jnp.take_along_axis(begun, count[:, None], axis=1)[:, 0]
  places = jnp.arange(inputs.shape[1])
  tokens = jnp.where(places <= count[:, None], begun[:, :-1], writer_lib.PAD)
  return tokens, places < count[:, None], last
