"""The student's samples between their writing and their use as negatives."""

import collections
import concurrent.futures
import dataclasses
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, Int

from distill_jax import batch as batch_lib
from distill_jax.data import batching
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import loader as loader_lib
from distill_jax.text import endings
from distill_jax.text import tokenizer as tokenizer_lib
from distill_jax.training import negatives as negatives_lib

Writer = Callable[[Int[Array, 'B S'], Int[Array, ' B'], int], Int[Array, 'B T']]

_AHEAD = 2  # batches that the devices have before the host waits for one
_USUAL = 0.99  # share of the rationales that keep to the length of a sample


class Queue:
  """The samples that wait for their period.

  Its arrays have fixed shapes, so a checkpoint always holds the same tree.
  What the devices write is read, stripped and kept by a thread, while they
  write the next batch and then go on training.

  Args:
    settings: period, lag and number of samples.
    loader: whose questions are written for.
    vocabulary: to strip an answer sentence off a sample.

  Attributes:
    max_tokens: of a sample.
  """

  def __init__(
    self,
    settings: negatives_lib.Negatives,
    loader: loader_lib.Loader,
    vocabulary: tokenizer_lib.Tokenizer,
  ):
    self._settings = settings
    self._loader = loader
    self._vocabulary = vocabulary
    slots = max(settings.lag, 1) + 1
    questions = min(settings.period * loader.batch_size, len(loader.split))
    self._width = loader.widths.rationale
    self.max_tokens = min(self._width, settings.max_tokens or self._usual())
    self._periods = np.full((slots,), -1, np.int32)
    self._examples = np.full((slots, questions), -1, np.int32)
    self._tokens = np.zeros(
      (slots, questions, settings.num, self.max_tokens), np.int32
    )
    self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1)
    self._pending: list[concurrent.futures.Future[None]] = []
    self._newest = -1  # the period that was written for last

  def _usual(self) -> int:
    longest = self._loader.split.rationale_length(_USUAL)
    return lengths_lib.padded(longest, self._width)

  def state(self) -> dict[str, np.ndarray]:
    """Returns the arrays a checkpoint keeps.

    They are copies: a checkpoint is written while the queue goes on.
    """
    self._settle()
    return {
      'periods': self._periods.copy(),
      'examples': self._examples.copy(),
      'tokens': self._tokens.copy(),
    }

  def restore(self, state: dict[str, Array]) -> None:
    """Takes over the arrays of a checkpoint."""
    self._settle()
    self._periods = np.array(state['periods'])
    self._examples = np.array(state['examples'])
    self._tokens = np.array(state['tokens'])

  def write(self, period: int, steps: int, writer: Writer) -> None:
    """Fills the queue for a coming period.

    Returns as soon as the devices have all of it; what they write arrives
    later.

    Args:
      period: whose questions are written for.
      steps: length of the phase, whose last period may be shorter.
      writer: from rationale inputs, example indices and the number of the
        sample to its tokens.
    """
    self._settle()
    first = period * self._settings.period
    last = min(first + self._settings.period, steps)
    examples = self._loader.upcoming(first, last - first)
    slot = self._cleared(period, examples)
    under_way = collections.deque()
    split, size = self._loader.split, self._settings.batch_size
    widest = self._loader.widths.inputs
    read = [split[int(i)].rationale_inputs[:widest] for i in examples]
    for rows, inputs in batching.by_length(read, size, widest):
      numbers = examples[rows].astype(np.int32)
      padded = np.pad(numbers, (0, size - len(rows)))
      for sample in range(self._settings.num):
        written = writer(inputs, padded, sample)
        place = slot, rows, sample
        self._pending.append(
          self._thread.submit(self._keep, place, examples[rows], written)
        )
        under_way.append(written)
        if len(under_way) > _AHEAD:
          jax.block_until_ready(under_way.popleft())

  def _cleared(self, period: int, examples: np.ndarray) -> int:
    """Returns the slot of a period, made free for its questions."""
    slot, self._newest = period % len(self._periods), period
    self._periods[slot] = period
    self._examples[slot] = -1
    self._examples[slot, : len(examples)] = examples
    self._tokens[slot] = 0
    return slot

  def _keep(self, place: tuple, examples: np.ndarray, written: Array) -> None:
    """Puts a batch of samples into the queue when it is written."""
    self._tokens[place] = [
      self._negative(int(example), row)
      for example, row in zip(examples, np.array(written))
    ]

  def _settle(self) -> None:
    """Returns when all that is being written lies in the queue."""
    pending, self._pending = self._pending, []
    for one in pending:
      one.result()

  def _negative(self, example: int, tokens: np.ndarray) -> np.ndarray:
    """Returns a sample as a negative of its question, or padding.

    Its answer sentence, which would tell all, is taken away. A copy of a
    rationale that did not lose the vote is no negative. A sample that was cut
    off has no EOS and gets none.
    """
    text = self._vocabulary.decode(tokens.tolist())
    stripped = endings.strip_answer(text)
    ended = self._vocabulary.eos_id in tokens
    row = self._loader.split[example]
    for rationale, vote in zip(row.rationales, row.votes):
      # Of a sample that was cut off the beginning is compared.
      known = rationale if ended else rationale[: len(tokens)]
      same = self._vocabulary.decode(known.tolist()) == stripped
      if same and vote >= 0:
        return np.zeros_like(tokens)
    if stripped == text:
      return tokens
    ids = self._vocabulary.encode(stripped)
    if ids and ended:
      ids.append(self._vocabulary.eos_id)
    shortened = np.zeros_like(tokens)
    shortened[: len(ids)] = ids[: len(tokens)]
    return shortened

  def attach(self, step: int, batch: batch_lib.Batch) -> batch_lib.Batch:
    """Returns the batch with the student's negatives behind the teacher's.

    Empty samples are masked.

    Args:
      step: of the phase.
      batch: as the loader made it.
    """
    period = step // self._settings.period
    slot = period % len(self._periods)
    rows = len(batch.example_index)
    tokens = np.zeros((rows, *self._tokens.shape[2:]), np.int32)
    if self._periods[slot] == period:
      if period == self._newest:
        self._settle()
      known = self._examples[slot]
      known = known[known >= 0]  # sorted, as `upcoming` gives them
      place = np.searchsorted(known, np.asarray(batch.example_index))
      tokens = self._tokens[slot, np.minimum(place, len(known) - 1)]
    valid = np.any(tokens > 1, axis=-1)  # more than an EOS
    room = batch.negatives.shape[-1] - tokens.shape[-1]
    tokens = np.pad(tokens, ((0, 0), (0, 0), (0, room)))
    return dataclasses.replace(
      batch,
      negatives=np.concatenate([batch.negatives, tokens], axis=1),
      negative_valid=np.concatenate([batch.negative_valid, valid], axis=1),
    )
