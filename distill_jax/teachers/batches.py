"""Requests that a network in this process answers together."""

import asyncio
import collections
import concurrent.futures
import dataclasses
from typing import Any

import jax
import numpy as np
from jaxtyping import Int

from distill_jax.evaluation import decode
from distill_jax.students import sampling as sampling_lib
from distill_jax.students import writing as students_writing
from distill_jax.teachers import faults, writing
from distill_jax.teachers import request as request_lib

_BETWEEN = '\n\n'
_NARROWEST = 64  # tokens; wider batches are twice as wide, again and again
_GATHER = 0.002  # seconds in which requests that come at once have all come
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
  sample come from its key: so a text is the same whatever stands beside it. A
  prompt that is too long is refused once nothing else waits, for refusals that
  come first look as if nothing could be answered.

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
    self._refused: list[asyncio.Future] = []
    self._working: asyncio.Task | None = None

  async def write(
    self, request: request_lib.Request
  ) -> list[request_lib.Reply]:
    """As `Session.write`: every sample that is wanted.

    Raises:
      faults.Refused: the prompt is longer than the student reads.
      faults.Unusable: the settings have something that it does not know.
    """
    sampling = writing.sampling(request.settings)
    ids, limit = self._ids(request), self._decoder.lengths.inputs
    loop = asyncio.get_running_loop()
    if len(ids) > limit:
      turn = loop.create_future()
      self._refused.append(turn)
      await self._worked(turn)
      raise faults.Refused(
        f'the prompt has {len(ids):,} tokens and the student reads at most '
        f'{limit:,}; raise Lengths.inputs of its run, or shorten the prompt'
      )
    rows = [
      _Row(
        ids=ids,
        seed=int(key[:_SEED_DIGITS], base=16),
        written=loop.create_future(),
      )
      for key in request.keys(self._model)
    ]
    self._waiting[_width(len(ids), limit), sampling] += rows
    written = await self._worked(*(row.written for row in rows))
    read = [len(ids)] + [0] * len(rows)
    return [
      writing.reply(request.settings, self._decoder.vocabulary, tokens, own)
      for tokens, own in zip(written, read)
    ]

  def close(self) -> None:
    """Ends the thread; what it writes at the moment is lost."""
    self._thread.shutdown(cancel_futures=True)

  def _ids(self, request: request_lib.Request) -> Int[np.ndarray, ' S']:
    """The prompt as the student reads it."""
    text = _BETWEEN.join(one.content for one in request.messages)
    vocabulary = self._decoder.vocabulary
    return np.array([*vocabulary.encode(text), vocabulary.eos_id], np.int32)

  async def _worked(self, *wanted: asyncio.Future) -> list[Any]:
    """What the futures receive from the work, which is begun."""
    if self._working is None or self._working.done():
      self._working = asyncio.create_task(self._work())
    return await asyncio.gather(*wanted)

  async def _work(self) -> None:
    """Writes batch after batch until nothing waits; then refuses the rest."""
    await asyncio.sleep(_GATHER)
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
    while self._refused:
      turn = self._refused.pop()
      if not turn.done():
        turn.set_result(None)

  def _tokens(self, shape: _Shape, rows: list[_Row]) -> Int[np.ndarray, 'B T']:
    """What the student writes for the rows and for those that fill up."""
    width, sampling = shape
    inputs = np.zeros((self._decoder.batch_size, width), np.int32)
    seeds = np.zeros(self._decoder.batch_size, np.uint32)
    for place, row in enumerate(rows):
      inputs[place, : len(row.ids)] = row.ids
      seeds[place] = row.seed
    put, student = self._decoder.place, self._decoder.student
    given = self._params, put(inputs), put(seeds), self._rng
    return np.asarray(students_writing.write(student, sampling, *given))


def _width(tokens: int, limit: int) -> int:
  """How wide the batch of a prompt is: 64, 128, 256, ... and at most the limit.

  So a student is compiled for a handful of shapes, whatever it is asked.
  """
  width = _NARROWEST
  while width < tokens:
    width *= 2
  return min(width, limit)
