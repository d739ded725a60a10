"""How good the networks of a run are, on validation questions only."""

import dataclasses
import functools
import itertools
from typing import Any

import jax

from distill_jax import batch as batch_lib
from distill_jax.critics import critic as critic_lib
from distill_jax.data import loader as loader_lib
from distill_jax.data import source as source_lib
from distill_jax.evaluation import decode, outcome, quality
from distill_jax.losses import mean
from distill_jax.methods import method, step_by_step
from distill_jax.students import student as student_lib
from distill_jax.training import metrics, partition

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
    if self.max_examples is not None and self.max_examples < 1:
      raise ValueError(
        f'Validation.max_examples is {self.max_examples}, expected at least 1, '
        'or None for all.'
      )
    if self.split not in ('validation', 'train'):
      raise ValueError(
        f"Validation.split is {self.split!r}, expected 'validation' or 'train':"
        ' the best student is never chosen on test questions.'
      )


class Validator:
  """Measures the networks of a run on one split.

  Args:
    settings: the split, and how much of it.
    source: the data.
    student: the network that answers.
    critic: the network that scores, if there is one.
    mesh: the devices.
  """

  def __init__(
    self,
    settings: Validation,
    source: source_lib.Source,
    student: student_lib.Student,
    critic: critic_lib.Critic | None,
    mesh: jax.sharding.Mesh,
  ):
    self._settings = settings
    self._place = functools.partial(partition.put_batch, mesh)
    self._split = source.open(settings.split)
    self._answers = source.data_set.answers
    self._student = student
    self._critic = critic
    self._decoder = decode.Decoder(
      student=student,
      vocabulary=source.vocabulary,
      lengths=decode.roomy(source.open('train').lengths),
      batch_size=settings.batch_size,
      place=self._place,
      prompts=source.prompts,
    )

  def measure(self, network: str, params: method.Params) -> Metrics:
    """Returns the metrics of 'student' or 'critic'.

    Args:
      network: its name.
      params: parameters of each network by name.
    """
    if network == 'student':
      return self.student(params['student'])
    return self.critic(params)

  def student(self, params: Any) -> Metrics:
    """Returns label accuracy, share of unparsed labels and nats per token."""
    found = outcome.judge(
      self._decoder,
      params,
      self._split,
      self._answers,
      limit=self._settings.max_examples,
    ).accuracy
    return {
      'accuracy': found.accuracy,
      'unparsed': found.unparsed / found.num_examples,
      **self._nll(params),
    }

  def critic(self, params: method.Params) -> Metrics:
    """Returns how well the critic tells good rationales; see `quality`.

    Args:
      params: parameters of each network by name.
    """
    return quality.of_teacher(
      self._critic,
      params,
      self._split,
      self._answers,
      limit=self._settings.max_examples,
    )

  def _nll(self, params: Any) -> Metrics:
    """Returns nats per token of the labels and of the first rationales."""
    objective = step_by_step.StepByStep(student=self._student)
    loader = loader_lib.Loader(
      split=self._split, batch_size=self._settings.batch_size
    )
    meter = metrics.Meter()
    for batch in itertools.islice(loader.evaluation(), self._num_batches()):
      terms = _terms(objective, {'student': params}, self._place(batch))
      meter.add(terms)
    return meter.take()

  def _num_batches(self) -> int | None:
    limit = self._settings.max_examples
    return None if limit is None else -(-limit // self._settings.batch_size)


@functools.partial(jax.jit, static_argnums=0)
def _terms(
  objective: step_by_step.StepByStep,
  params: method.Params,
  batch: batch_lib.Batch,
) -> mean.Terms:
  return objective(params, batch, None)
