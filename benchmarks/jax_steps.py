"""Training steps of this package, made as a run makes them."""

import dataclasses
from collections.abc import Sequence
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import networks, timing
from distill_jax.critics import encoders, reranker
from distill_jax.methods import (
  finetune,
  method,
  qcrd,
  quality,
  ranking,
  step_by_step,
)
from distill_jax.models import t5
from distill_jax.students import likelihood
from distill_jax.training import optimizers, phases
from distill_jax.training import step as step_lib

OPTIMIZER = optimizers.AdamW(schedule=optimizers.Fixed(rate=1e-4))


class Trainer:
  """A network with its AdamW; several ways to make a step may share it.

  Args:
    network: a student or a critic.
    name: 'student' or 'critic'.
  """

  def __init__(self, network: Any, name: str = 'student'):
    self._name = name
    self._others = {'critic': {}} if name == 'student' else {}
    self._transform = OPTIMIZER.build(1)
    params = networks.fresh(network)
    self._state = [params, jax.jit(self._transform.init)(params)]

  def step(
    self, objective: method.Method, batches: Sequence[Any]
  ) -> timing.Way:
    """Returns a training step on each of the batches, one after another."""
    step = self._made(objective)
    batches = [jax.device_put(batch) for batch in batches]
    rest = _rest()

    def run() -> None:
      for batch in batches:
        found = step(*self._state, self._others, batch, *rest)
        self._state[:] = found[:2]
      jax.block_until_ready(self._state)

    return run

  def compiled(self, objective: method.Method, batch: Any) -> Any:
    """Returns the compiled program of a step on such a batch."""
    step = self._made(objective)
    lowered = step.lower(*self._state, self._others, batch, *_rest())
    return lowered.compile()

  def _made(self, objective: method.Method) -> step_lib.Step:
    update = phases.Update(
      network=self._name, objective=objective, optimizer=OPTIMIZER
    )
    return step_lib.make(update, self._transform)


def objective(name: str, c: t5.T5Config) -> method.Method:
  """Returns the student's objective of a method.

  QCRD's critic is a constant, so that the times are those of the student's
  work; what a critic costs depends on its size.
  """
  student = networks.student(c)
  if name == 'qcrd':
    return qcrd.QCRD(
      student=student, quality=quality.Judged(critic=_Undecided())
    )
  kinds = {'finetune': finetune.Finetune, 'dss': step_by_step.StepByStep}
  return kinds[name](student=student)


def ranker(c: t5.T5Config) -> reranker.Reranker:
  """Returns KARD's reranker on the encoder of a T5."""
  return reranker.Reranker(encoder=encoders.T5Encoder(config=c))


def ranking_objective(critic: reranker.Reranker) -> method.Method:
  """Returns what the reranker minimises."""
  return ranking.Ranking(critic=critic)


def gradient_in_all(way: timing.Way) -> timing.Way:
  """Returns a step of QCRD whose backward pass goes through all candidates.

  Args:
    way: a step that was not called before: its first call traces it.
  """
  chosen_only = likelihood.candidates

  def candidates(student, params, inputs, targets, choose, *rest, **named):
    everything = lambda nats: jnp.tile(
      jnp.arange(targets.shape[1]), (len(nats), 1)
    )
    scored = chosen_only(
      student, params, inputs, targets, everything, *rest, **named
    )
    chosen = choose(scored.nats)
    return likelihood.Scored(
      nats=scored.nats,
      chosen=chosen,
      chosen_nats=likelihood.at(scored.chosen_nats, chosen),
    )

  def run() -> None:
    with mock.patch.object(likelihood, 'candidates', candidates):
      way()

  return run


def _rest() -> tuple[Any, ...]:
  """Returns the run's key, the number of the step, the update's factor."""
  return jax.random.key(0), np.uint32(0), np.float32(1)


@dataclasses.dataclass(frozen=True)
class _Undecided:
  """A critic without a network."""

  def logits(self, params, questions, candidates, rng=None, rooms=None):
    """Returns 0 for every candidate."""
    return jnp.zeros(candidates.shape[:2])
