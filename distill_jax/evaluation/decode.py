"""What a student writes for every question of a split."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from distill_jax import processes
from distill_jax.data import batching, cached
from distill_jax.data import lengths as lengths_lib
from distill_jax.students import sampling as sampling_lib
from distill_jax.students import student as student_lib
from distill_jax.students import writing
from distill_jax.text import prompts as prompts_lib
from distill_jax.text import tokenizer as tokenizer_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decoder:
  """Writes texts in batches of few shapes, so that little is compiled.

  Attributes:
    student: the network.
    vocabulary: of the student.
    lengths: that a label and a rationale may have at most, see `roomy`.
    batch_size: inputs that are written for at once.
    place: puts a batch onto the devices of the parameters.
    prompts: that the student has learnt by; they find label and rationale in
      what it writes.
  """

  student: student_lib.Student
  vocabulary: tokenizer_lib.Tokenizer
  lengths: lengths_lib.Lengths = lengths_lib.Lengths()
  batch_size: int = 256
  place: Callable[[np.ndarray], Array] = jnp.asarray
  prompts: prompts_lib.Prompts = prompts_lib.Prompts()

  def for_labels(
    self,
    params: Any,
    split: cached.Split,
    sampling: sampling_lib.Sampling,
    rng: Array | None = None,
    limit: int | None = None,
  ) -> list[Int[np.ndarray, ' T']]:
    """Returns what is written for each label's input of the split, in order.

    Args:
      params: the student's parameters.
      split: the questions.
      sampling: how to choose tokens.
      rng: key of the samples, if the sampling draws any.
      limit: how many questions from the first on; None for all.

    As token ids: text, EOS if it came, padding; see `label_in`.
    """
    inputs = _rows(split, limit, lambda row: row.label_inputs)
    return self.tokens(params, inputs, split.lengths.inputs, sampling, rng)

  def rationales(
    self, params: Any, split: cached.Split, limit: int | None = None
  ) -> list[Int[np.ndarray, ' T']]:
    """Returns the greedy rationale of each question of the split, in order.

    As token ids: text, EOS if it came, padding; see `rationale_in`.
    """
    inputs = _rows(split, limit, lambda row: row.rationale_inputs)
    sampling = sampling_lib.Greedy(max_tokens=self.lengths.rationale)
    return self.tokens(params, inputs, split.lengths.inputs, sampling)

  def label_in(self, written: Int[np.ndarray, ' T']) -> str:
    """Returns the label in what was written as token ids; '' if none."""
    text = self.vocabulary.decode(written.tolist())
    return self.prompts.label_in(text)

  def rationale_in(self, written: Int[np.ndarray, ' T']) -> str:
    """Returns the rationale in what was written as token ids."""
    text = self.vocabulary.decode(written.tolist())
    return self.prompts.rationale_in(text)

  def texts(
    self,
    params: Any,
    inputs: Iterable[np.ndarray],
    width: int,
    sampling: sampling_lib.Sampling,
    rng: Array | None = None,
  ) -> list[str]:
    """Returns what the student writes for each input; see `tokens`."""
    written = self.tokens(params, inputs, width, sampling, rng)
    return [self.vocabulary.decode(row.tolist()) for row in written]

  def tokens(
    self,
    params: Any,
    inputs: Iterable[np.ndarray],
    width: int,
    sampling: sampling_lib.Sampling,
    rng: Array | None = None,
  ) -> list[Int[np.ndarray, ' T']]:
    """Returns the token ids that the student writes for each input, in order.

    Inputs of similar length are written for together, in batches as wide as
    they need; a draw depends on the place of its input alone.

    Args:
      params: the student's parameters.
      inputs: token ids, not padded; what exceeds `width` is cut.
      width: S of the widest batch.
      sampling: how to choose tokens.
      rng: key of the samples, if the sampling draws any.
    """
    inputs = [ids[:width] for ids in inputs]
    written: list[Int[np.ndarray, ' T']] = [np.empty(0, np.int32)] * len(inputs)
    before = None
    for rows, batch in batching.by_length(inputs, self.batch_size, width):
      places = np.pad(rows.astype(np.int32), (0, len(batch) - len(rows)))
      given = self.place(batch), self.place(places), rng
      tokens = writing.write(self.student, sampling, params, *given)
      if before:  # the devices have the next batch already
        _put(written, *before)
      before = rows, tokens
    if before:
      _put(written, *before)
    return written


def _put(written: list[np.ndarray], rows: np.ndarray, tokens: Array) -> None:
  """Puts a batch where its inputs are."""
  for row, ids in zip(rows, np.array(processes.whole(tokens))):
    written[row] = ids


def roomy(longest: lengths_lib.Lengths) -> lengths_lib.Lengths:
  """Returns a quarter more for labels and rationales than the longest known."""
  more = lambda tokens: lengths_lib.padded(tokens + tokens // 4, 2 * tokens)
  return dataclasses.replace(
    longest, label=more(longest.label), rationale=more(longest.rationale)
  )


def _rows(split, limit, feature) -> Iterator[np.ndarray]:
  count = len(split) if limit is None else min(limit, len(split))
  return (feature(split[index]) for index in range(count))
