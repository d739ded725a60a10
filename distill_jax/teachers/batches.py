"""Requests that a network in this process answers together."""

import asyncio
import collections
import concurrent.futures
import dataclasses
import functools
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Int, UInt32

from distill_jax.data import lengths as lengths_lib
from distill_jax.evaluation import decode
from distill_jax.students import sampling as sampling_lib
from distill_jax.students import student as student_lib
from distill_jax.teachers import faults
from distill_jax.teachers import request as request_lib

_BETWEEN = '\n\n'
_TOP_K = 1_000  # likeliest tokens, among which top_p is looked for
_SEED_DIGITS = 8  # of a sample's key, hexadecimal: 32 bits


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Row:
  """A sample that is wanted.

  Attributes:
    ids: of the prompt.
    seed: of its draws.
    written: receives its token ids.
  """

  ids: Int[np.ndarray, ' S']
  seed: int
  written: asyncio.Future


# Width of the prompts and way to write: what one compiled program is for.
_Shape = tuple[int, sampling_lib.Sampling]


class Batches:
  """A student that writes for many requests at once, in a thread of its own.

  What arrives while it writes is gathered for the next batch. Rows of a batch
  are equally wide, and how wide depends on the prompt alone; the draws of a
  sample come from its key: so a text is the same whatever stands beside it.

  Args:
    decoder: the student.
    params: its parameters.
    model: its name, which is part of the keys.
  """

  def __init__(self, decoder: decode.Decoder, params: Any, model: str):
    self._decoder = decoder
    self._params = params
    self._model = model
    self._rng = jax.random.key(0)
    self._thread = concurrent.futures.ThreadPoolExecutor(1)
    self._waiting: dict[_Shape, list[_Row]] = collections.defaultdict(list)
    self._writing: asyncio.Task | None = None

  async def write(
    self, request: request_lib.Request
  ) -> list[request_lib.Reply]:
    """As `Session.write`: every sample that is wanted.

    Raises:
      faults.Refused: the prompt is longer than the student reads.
      faults.Unusable: the settings have something that it does not know.
    """
    ids = self._ids(request)
    limit = self._decoder.lengths.inputs
    shape = lengths_lib.padded(len(ids), limit), _sampling(request.settings)
    loop = asyncio.get_running_loop()
    rows = [
      _Row(
        ids=ids,
        seed=int(key[:_SEED_DIGITS], base=16),
        written=loop.create_future(),
      )
      for key in request.keys(self._model)
    ]
    self._waiting[shape] += rows
    if self._writing is None or self._writing.done():
      self._writing = asyncio.create_task(self._write())
    written = await asyncio.gather(*(row.written for row in rows))
    return [
      self._reply(request.settings, tokens, len(ids) if first else 0)
      for first, tokens in zip([True, *[False] * len(rows)], written)
    ]

  def close(self) -> None:
    """Ends the thread; what it writes at the moment is lost."""
    self._thread.shutdown(cancel_futures=True)

  def _ids(self, request: request_lib.Request) -> Int[np.ndarray, ' S']:
    """The prompt as the student reads it."""
    text = _BETWEEN.join(one.content for one in request.messages)
    vocabulary = self._decoder.vocabulary
    ids = np.array([*vocabulary.encode(text), vocabulary.eos_id], np.int32)
    limit = self._decoder.lengths.inputs
    if len(ids) > limit:
      raise faults.Refused(
        f'the prompt has {len(ids):,} tokens and the student reads at most '
        f'{limit:,}; raise Lengths.inputs of its run, or shorten the prompt'
      )
    return ids

  async def _write(self) -> None:
    """Writes batch after batch until nothing waits."""
    await asyncio.sleep(0)  # until everybody who may ask at once has asked
    loop = asyncio.get_running_loop()
    while self._waiting:
      shape = max(self._waiting, key=lambda one: len(self._waiting[one]))
      rows = self._waiting.pop(shape)
      if more := rows[self._decoder.batch_size :]:
        self._waiting[shape] = more
        del rows[self._decoder.batch_size :]
      (tokens,) = await asyncio.gather(
        loop.run_in_executor(self._thread, self._tokens, shape, rows),
        return_exceptions=True,
      )
      for place, row in enumerate(rows):
        if row.written.done():  # who waited was cancelled
          continue
        if isinstance(tokens, BaseException):
          row.written.set_exception(tokens)
        else:
          row.written.set_result(tokens[place])

  def _tokens(self, shape: _Shape, rows: list[_Row]) -> Int[np.ndarray, 'B T']:
    """What the student writes for the rows and for those that fill up."""
    width, sampling = shape
    inputs = np.zeros((self._decoder.batch_size, width), np.int32)
    seeds = np.zeros(self._decoder.batch_size, np.uint32)
    for place, row in enumerate(rows):
      inputs[place, : len(row.ids)] = row.ids
      seeds[place] = row.seed
    put = self._decoder.place
    student = self._decoder.student
    return np.asarray(
      _write(
        student, sampling, self._params, put(inputs), self._rng, put(seeds)
      )
    )

  def _reply(
    self,
    settings: request_lib.Settings,
    tokens: Int[np.ndarray, ' T'],
    prompt_tokens: int,
  ) -> request_lib.Reply:
    vocabulary = self._decoder.vocabulary
    whole = vocabulary.decode(tokens.tolist())
    text = _before(whole, settings.stop)
    ended = vocabulary.eos_id in tokens or text != whole
    return request_lib.Reply(
      text=text,
      finish='stop' if ended else 'length',
      prompt_tokens=prompt_tokens,
      completion_tokens=int(np.count_nonzero(tokens)),
    )


def _sampling(settings: request_lib.Settings) -> sampling_lib.Sampling:
  """The way to write that settings ask for.

  Raises:
    faults.Unusable: they have a field that no student knows.
  """
  more = dict(settings.more)
  top_k = more.pop('top_k', 0)
  if more:
    raise faults.Unusable(
      f'LocalStudent does not know {min(more)!r} of Settings.more, expected '
      'top_k or nothing; leave it out'
    )
  if not settings.temperature:
    return sampling_lib.Greedy(max_tokens=settings.max_tokens)
  top_p = settings.top_p or 1.0
  return sampling_lib.Temperature(
    max_tokens=settings.max_tokens,
    temperature=settings.temperature,
    top_k=top_k or (_TOP_K if top_p < 1.0 else 0),
    top_p=top_p,
  )


def _before(text: str, stop: tuple[str, ...]) -> str:
  """The text up to the first of the texts that end it."""
  places = [text.find(one) for one in stop if one in text]
  return text[: min(places)] if places else text


@functools.partial(jax.jit, static_argnums=(0, 1))
def _write(
  student: student_lib.Student,
  sampling: sampling_lib.Sampling,
  params: Any,
  inputs: Int[Array, 'B S'],
  rng: Array,
  seeds: UInt32[Array, ' B'],
) -> Int[Array, 'B T']:
  encoded = student.encode(params, inputs)
  return student.sample(params, encoded, sampling, rng, seeds)
