"""How good the networks of a run are, on validation questions only."""

from collections.abc import Callable, Iterable
import dataclasses
import functools
from typing import Any

import jax
from jaxtyping import Array
import numpy as np

from distill_jax import batch as batch_lib
from distill_jax.critics import critic as critic_lib
from distill_jax.data import candidates
from distill_jax.data import loader as loader_lib
from distill_jax.data import source as source_lib
from distill_jax.evaluation import decode
from distill_jax.evaluation import discrimination
from distill_jax.losses import mean
from distill_jax.methods import step_by_step
from distill_jax.students import student as student_lib

Metrics = dict[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Validation:
  """How often a phase is validated, and on how much.

  Attributes:
    every: steps from one validation to the next; the last step of a phase is
      always validated.
    split: never the test set.
    batch_size: questions per batch.
    max_examples: only the first ones; None for all.
  """

  every: int = 250
  split: str = 'validation'
  batch_size: int = 128
  max_examples: int | None = None

  def __post_init__(self):
    if self.every < 1 or self.batch_size < 1:
      raise ValueError(
        f'Validation: every is {self.every} and batch_size {self.batch_size}, '
        'expected at least 1.'
      )


class Validator:
  """Measures the networks of a run on one split.

  Args:
    settings: the split, and how much of it.
    source: the data.
    student: the network that answers.
    critic: the network that scores, if there is one.
  """

  def __init__(
    self,
    settings: Validation,
    source: source_lib.Source,
    student: student_lib.Student,
    critic: critic_lib.Critic | None,
  ):
    self._split = source.open(settings.split)
    self._limit = settings.max_examples
    self._size = settings.batch_size
    self._vocabulary = source.vocabulary
    self._answers = source.data_set.answers
    self._records = self._split.records()[: self._limit]
    self._student = student
    self._critic = critic
    self._decoder = decode.Decoder(
      student=student,
      vocabulary=source.vocabulary,
      batch_size=settings.batch_size,
    )

  def student(self, params: Any) -> Metrics:
    """Returns label accuracy, share of unparsed labels and nats per token."""
    predictions = self._decoder.labels(params, self._split, self._limit)
    labels = [self._label(index) for index in range(len(predictions))]
    correct = [
      self._answers.correct(prediction, label)
      for prediction, label in zip(predictions, labels)
    ]
    unparsed = [not self._answers.valid(text) for text in predictions]
    return {
      'accuracy': float(np.mean(correct)),
      'unparsed': float(np.mean(unparsed)),
      **self._nll(params),
    }

  def _label(self, index: int) -> str:
    """Returns what a label target says: gold's or the teacher's."""
    return self._vocabulary.decode(self._split[index].label_targets.tolist())

  def _nll(self, params: Any) -> Metrics:
    method = step_by_step.StepByStep(student=self._student)
    totals: dict[str, list[float]] = {}
    for batch in self._batches(candidates.First()):
      terms = jax.device_get(_terms(method, {'student': params}, batch))
      for name, term in terms.items():
        sums = totals.setdefault(name, [0.0, 0.0])
        sums[0] += float(term.total)
        sums[1] += float(term.count)
    return {
      name: total / count for name, (total, count) in totals.items() if count
    }

  def critic(self, params: Any) -> Metrics:
    """Returns how well the critic tells the teacher's good rationales.

    The area under the ROC curve over all rationales of the split, without
    corruption; where the data tell the kind of error, per kind against all good
    ones as well. Empty without rationales of both kinds.
    """
    scores, good, errors = [], [], []
    everything = candidates.All(
      positives=max(len(r.rationales) for r in self._records)
    )
    for batch in self._batches(everything):
      logits = np.array(_scores(self._critic, params, batch))
      for row, index in enumerate(batch.example_index):
        if index < 0:
          continue
        valid = batch.positive_valid[row]
        for place in np.flatnonzero(valid):
          quality, error = self._quality(int(index), int(place))
          if quality is not None:
            scores.append(logits[row, place])
            good.append(quality)
            errors.append(error)
    return discrimination.report(scores, good, errors)

  def _quality(self, example: int, sample: int) -> tuple[bool | None, str]:
    """Returns whether a rationale is right, and its kind of error if known."""
    rationale = self._records[example].rationales[sample]
    if 'quality' in rationale.extra:
      return bool(rationale.extra['quality']), str(rationale.extra.get('error'))
    label = self._records[example].label
    if label is None or rationale.answer is None:
      return None, ''
    found, gold = map(self._answers.parse, (rationale.answer, label))
    if found is None or gold is None:
      return None, ''
    return self._answers.same(found, gold), ''

  def _batches(
    self, rule: candidates.Candidates
  ) -> Iterable[batch_lib.Batch]:
    loader = loader_lib.Loader(
      split=self._split, batch_size=self._size, candidates=rule
    )
    for number, batch in enumerate(loader.evaluation()):
      if self._limit is not None and number * self._size >= self._limit:
        return
      yield batch


@functools.partial(jax.jit, static_argnums=0)
def _terms(
  method: Callable[..., mean.Terms], params: Any, batch: batch_lib.Batch
) -> mean.Terms:
  return method(params, batch, None)


@functools.partial(jax.jit, static_argnums=0)
def _scores(
  critic: critic_lib.Critic, params: Any, batch: batch_lib.Batch
) -> Array:
  return critic.logits(params, batch.questions, batch.positives)
