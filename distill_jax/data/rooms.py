"""How many tokens a batch has, in few steps.

A program is compiled for a number of tokens. Were it the exact one, nearly
every batch would be compiled anew; were it that of full rows, most of the work
would be padding. So there are rungs: the first holds most batches, and the rare
one that is longer takes the next.
"""

import dataclasses
import math

import numpy as np
from jaxtyping import Int

from distill_jax import batch as batch_lib
from distill_jax.data import batching
from distill_jax.data import loader as loader_lib

Counts = dict[str, Int[np.ndarray, ' B']]

_USUAL, _RARE = 2.5, 5.0  # deviations of the first rungs above the mean
_GROWTH = 1.25  # from one rung to the next, after those
_MULTIPLE = 8  # tokens; suits the tiles of an accelerator
_SAMPLE = 1024  # questions that the rungs are made from
_ARRAYS = (
  'label_inputs',
  'label_targets',
  'rationale_inputs',
  'questions',
  'positives',
  'negatives',
)
# A student that is sampled may begin to write at length at any time; the other
# arrays need not grow with its texts.
_WITH_NEGATIVES = ('negatives', 'longest')


class Ladder:
  """Says which rung a batch needs.

  The rungs depend on the split and the candidates alone, so a run that goes on
  compiles, and computes, what it would have without a break.

  Args:
    loader: of the batches.
    parts: into which devices cut a batch.
    accumulate: micro-batches of a step.
    written: negatives per question that a student adds.
  """

  def __init__(
    self,
    loader: loader_lib.Loader,
    parts: int = 1,
    accumulate: int = 1,
    written: int = 0,
  ):
    self._parts, self._accumulate = parts, accumulate
    rows = loader.batch_size // (parts * accumulate)
    typical = _typical(loader, written)
    widths = _widths(loader, written)
    self._rungs = {
      name: _rungs(count, rows, rows * widths[name], parts * accumulate)
      for name, count in typical.items()
    }

  def fit(self, batch: batch_lib.Batch) -> batch_lib.Batch:
    """Returns the batch with the rooms that hold its tokens."""
    needed = {name: self._most(count) for name, count in counts(batch).items()}
    steady = {name for name in needed if name not in _WITH_NEGATIVES}
    level = {}
    for names in (steady, _WITH_NEGATIVES):
      found = max(self._rung(name, needed[name]) for name in names)
      level |= dict.fromkeys(names, found)
    rooms = tuple(
      (name, batch_lib.Room(self._at(name, level[name]), self._parts))
      for name in needed
    )
    return dataclasses.replace(batch, rooms=rooms)

  def _most(self, count: Int[np.ndarray, ' B']) -> int:
    """Returns the tokens of the fullest part of a micro-batch."""
    # Micro-batch i takes the rows i, i + accumulate, ...
    micro = count.reshape(-1, self._accumulate).T
    parts = micro.reshape(self._accumulate * self._parts, -1)
    return int(parts.sum(axis=1).max())

  def _rung(self, name: str, tokens: int) -> int:
    return int(np.searchsorted(self._rungs[name], tokens))

  def _at(self, name: str, level: int) -> int:
    rungs = self._rungs[name]
    return rungs[min(level, len(rungs) - 1)]


def counts(batch: batch_lib.Batch) -> Counts:
  """Returns the tokens of each question, by array.

  'longest' are those of its longest positive and its longest negative.
  """
  found = {}
  longest = np.zeros(len(batch.weights), int)
  for name in _ARRAYS:
    array = np.asarray(getattr(batch, name))
    each = np.count_nonzero(array, axis=-1)
    if each.ndim > 1:
      longest = longest + each.max(axis=1, initial=0)
      each = each.sum(axis=1)
    found[name] = each
  return {**found, 'longest': longest}


def filled(batch: batch_lib.Batch, *names: str) -> float:
  """Returns the share of real tokens among the places that are worked on.

  Args:
    batch: with rooms.
    names: of the arrays that a method reads; all by default.
  """
  real, places = 0, 0
  rooms = dict(batch.rooms)
  for name, count in counts(batch).items():
    if name in (names or _ARRAYS):
      real += int(count.sum())
      places += rooms[name].tokens * rooms[name].parts
  return real / places


def _typical(loader: loader_lib.Loader, written: int) -> Counts:
  """Returns the counts of many questions of the split."""
  size = len(loader.split)
  examples = np.unique(np.linspace(0, size - 1, min(size, _SAMPLE)).astype(int))
  found = counts(
    batching.assemble(
      loader.split,
      examples,
      np.zeros_like(examples),
      loader.candidates,
      loader.widths,
    )
  )
  # What a student will write is taken to be as long as what it learns from.
  each = found['positives'] // max(loader.candidates.num_positives, 1)
  found['negatives'] = found['negatives'] + written * each
  if written and not loader.candidates.num_negatives:
    found['longest'] = found['longest'] + each
  return found


def _widths(loader: loader_lib.Loader, written: int) -> dict[str, int]:
  """Returns the places of a question in each array."""
  lengths, candidates = loader.widths, loader.candidates
  negatives = candidates.num_negatives + written
  return {
    'label_inputs': lengths.inputs,
    'label_targets': lengths.label,
    'rationale_inputs': lengths.inputs,
    'questions': lengths.inputs,
    'positives': candidates.num_positives * lengths.rationale,
    'negatives': negatives * lengths.rationale,
    'longest': 2 * lengths.rationale,
  }


def _rungs(
  count: Int[np.ndarray, ' B'], rows: int, full: int, pieces: int
) -> list[int]:
  """Returns growing numbers of tokens, the last one `full`."""
  mean, deviation = rows * count.mean(), math.sqrt(rows) * count.std()
  # The fullest of many pieces is about so many deviations above their mean.
  usual = math.hypot(_USUAL, math.sqrt(2 * math.log(pieces)))
  first = [mean + many * deviation for many in (usual, max(usual, _RARE))]
  rungs = [
    math.ceil(max(tokens, 1) / _MULTIPLE) * _MULTIPLE for tokens in first
  ]
  while rungs[-1] < full:
    rungs.append(math.ceil(rungs[-1] * _GROWTH / _MULTIPLE) * _MULTIPLE)
  return [*(tokens for tokens in rungs if tokens < full), full]
