"""Times a training step of T5-small against transformers on torch.

  python -m benchmarks.train_step

A batch has 8 questions of 128 tokens, labels of 8 and rationales of 96 tokens.
DSS has one rationale per question, QCRD 4 positives and 2 negatives. All ways
use AdamW in float32 and all cores of the machine.

QCRD is also timed against itself, once with a gradient through every candidate
and once with the question encoded for every candidate, which is what repeating
the inputs does. Its critic is a constant here, so that the ratios are those of
the student's work; what a critic costs depends on its size.
"""

import argparse
import dataclasses
from collections.abc import Callable
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import torch

from benchmarks import small, timing
from distill_jax import batch as batch_lib
from distill_jax import keys
from distill_jax.losses import sequence
from distill_jax.methods import method, qcrd, quality, step_by_step
from distill_jax.students import likelihood
from distill_jax.training import optimizers, phases
from distill_jax.training import step as step_lib

SIZE = 8
POSITIVES = 4
NEGATIVES = 2
OPTIMIZER = optimizers.AdamW(schedule=optimizers.Fixed(rate=1e-4))


def main() -> None:
  """Prints the tables."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--rounds', type=int, default=7)
  rounds = parser.parse_args().rounds
  for rate in (0.0, 0.1):
    _time_dss(rate, rounds)
    _time_qcrd(rate, rounds)


def _time_dss(rate: float, rounds: int) -> None:
  batch = small.batch(SIZE, 1, 0)
  student = small.ours(rate)
  ours = _ours(student, step_by_step.StepByStep(student=student), batch)
  theirs = _theirs(small.theirs(rate), _dss_loss, batch)
  seconds = timing.alternate({'ours': ours, 'torch': theirs}, rounds)
  timing.show(f'DSS, dropout {rate}', seconds)


def _time_qcrd(rate: float, rounds: int) -> None:
  batch = small.batch(SIZE, POSITIVES, NEGATIVES)
  student = small.ours(rate)
  objective = qcrd.QCRD(
    student=student, quality=quality.Judged(critic=_Undecided())
  )
  ways = {
    'ours': _ours(student, objective, batch),
    'ours, gradient in all': _scored_by(
      _all_at_once, student, objective, batch
    ),
    'ours, encoding each': _scored_by(_repeated, student, objective, batch),
    'torch, encoding each': _theirs(small.theirs(rate), _qcrd_loss, batch),
  }
  seconds = timing.alternate(ways, rounds)
  timing.show(f'QCRD, dropout {rate}', seconds)


def _ours(student, objective: method.Method, batch) -> timing.Way:
  """Returns one training step that goes on from the last."""
  update = phases.Update(
    network='student', objective=objective, optimizer=OPTIMIZER
  )
  transform = OPTIMIZER.build(1)
  step = step_lib.make(update, transform)
  params = small.fresh(student)
  state = [params, jax.jit(transform.init)(params)]
  rest = (jax.device_put(batch), jax.random.key(0), np.uint32(0), np.float32(1))

  def run() -> None:
    params, optimizer, _ = step(*state, {'critic': {}}, *rest)
    state[:] = jax.block_until_ready((params, optimizer))

  return run


def _scored_by(candidates, student, objective, batch) -> timing.Way:
  """Returns our step with another way to score the candidates."""
  run = _ours(student, objective, batch)
  # The step is traced by its first call.
  with mock.patch.object(likelihood, 'candidates', candidates):
    run()
  return run


def _all_at_once(
  student, params, inputs, targets, choose, rng=None
) -> likelihood.Scored:
  """As `likelihood.candidates`, with one pass and a gradient for all."""
  encoder_rng, decoder_rng = keys.split(rng, 2)
  encoded = student.encode(params, inputs, encoder_rng)

  def one(candidate, key):
    nll = student.nll(params, encoded, candidate, key)
    return sequence.per_sequence(nll.nats, nll.weights)

  masks = keys.grid(decoder_rng, (targets.shape[1],))
  nats = jax.vmap(one, (1, 0), 1)(targets, masks)
  return _scored(nats, choose(nats))


def _repeated(student, params, inputs, targets, choose, rng=None):
  """As `likelihood.candidates`, with the inputs repeated per candidate."""
  size, number, length = targets.shape
  nll = likelihood.target(
    student,
    params,
    jnp.repeat(inputs, number, axis=0),
    targets.reshape(size * number, length),
    rng,
  )
  nats = sequence.per_sequence(nll.nats, nll.weights).reshape(size, number)
  return _scored(nats, choose(nats))


def _scored(nats: jax.Array, chosen: jax.Array) -> likelihood.Scored:
  return likelihood.Scored(
    nats=nats, chosen=chosen, chosen_nats=likelihood.at(nats, chosen)
  )


@dataclasses.dataclass(frozen=True)
class _Undecided:
  """A critic without a network."""

  def logits(self, params, questions, candidates, rng=None) -> jax.Array:
    """Returns 0 for every candidate."""
    return jnp.zeros(candidates.shape[:2])


def _theirs(
  model: torch.nn.Module,
  loss: Callable[..., torch.Tensor],
  batch: batch_lib.Batch,
) -> timing.Way:
  """Returns one training step of torch on the same tokens."""
  model.train()
  optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
  arrays = {
    field.name: torch.from_numpy(getattr(batch, field.name)).long()
    for field in dataclasses.fields(batch)
  }

  def run() -> None:
    optimizer.zero_grad()
    loss(model, arrays).backward()
    optimizer.step()

  return run


def _dss_loss(model, arrays) -> torch.Tensor:
  label = model(
    input_ids=arrays['label_inputs'], labels=arrays['label_targets']
  )
  rationale = model(
    input_ids=arrays['rationale_inputs'], labels=arrays['positives'][:, 0]
  )
  return 0.5 * label.loss + 0.5 * rationale.loss


def _qcrd_loss(model, arrays) -> torch.Tensor:
  """The loss of `qcrd.QCRD` with a quality of 0.5, written for torch."""
  label = model(
    input_ids=arrays['label_inputs'], labels=arrays['label_targets']
  )
  candidates = torch.cat([arrays['positives'], arrays['negatives']], dim=1)
  number = candidates.shape[1]
  targets = candidates.flatten(0, 1)
  inputs = arrays['rationale_inputs'].repeat_interleave(number, dim=0)
  logits = model(input_ids=inputs, labels=targets).logits
  nats = torch.nn.functional.cross_entropy(
    logits.flatten(0, 1), targets.flatten(), reduction='none'
  )
  nll = nats.view(SIZE, number, -1).mean(-1)
  attraction = nll[:, :POSITIVES].min(-1).values
  repulsion = (nll[:, POSITIVES:] - 3.0).clamp(max=0.0).max(-1).values
  contrastive = (0.5 * attraction - 0.2 * 0.5 * repulsion).mean()
  return 0.5 * label.loss + 0.5 * contrastive


if __name__ == '__main__':
  main()
