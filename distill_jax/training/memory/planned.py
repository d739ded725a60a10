"""The updates of a run, and the batches that they are planned for."""

import dataclasses
from typing import Any

import jax
import numpy as np

from distill_jax import batch as batch_lib
from distill_jax.data import rooms as rooms_lib
from distill_jax.training import phases
from distill_jax.training import run as run_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
  """An update of a phase, and the rows that it is planned for.

  Attributes:
    number: of the phase, from 1.
    phase: that the update belongs to.
    update: which network moves on which objective.
    batch: shapes of the rows of one device.
  """

  number: int
  phase: phases.Phase
  update: phases.Update
  batch: batch_lib.Batch


def updates(
  run: Any, mesh: jax.sharding.Mesh, split: Any = None
) -> list[Planned]:
  """Returns each update of each phase of a student's run.

  Runs that search passages within the step, and those without a student, have
  none here.

  Args:
    run: what would be trained.
    mesh: the devices.
    split: the training split where its tokens are there: then the first batch
      is planned for, otherwise one whose rows are as long as they may be.
  """
  if not isinstance(run, run_lib.Run) or run.search:
    return []
  found = []
  for number, phase in enumerate(run.phases, start=1):
    share = phase.batch_size // mesh.shape['data']
    own = dataclasses.replace(phase, batch_size=share)
    batch = _first(run, own, split) if split else _longest(run, own)
    found += [
      Planned(number=number, phase=phase, update=update, batch=batch)
      for update in phase.updates
    ]
  return found


def _first(run: Any, phase: phases.Phase, split: Any) -> batch_lib.Batch:
  """Returns the first batch, with room for what a student will write."""
  loader = run.loader(split, phase, 0)
  batch = loader.batch(0)
  written = phase.negatives.num if phase.negatives else 0
  # What a student writes is taken to be as long as what it learns from.
  texts = np.resize(
    batch.positives, (len(batch.weights), written, batch.positives.shape[-1])
  )
  batch = dataclasses.replace(
    batch,
    negatives=np.concatenate([batch.negatives, texts], axis=1),
    negative_valid=np.pad(batch.negative_valid, ((0, 0), (0, written))),
  )
  ladder = rooms_lib.Ladder(
    loader, accumulate=phase.accumulate, written=written
  )
  return jax.eval_shape(lambda: ladder.fit(batch))


def _longest(run: Any, phase: phases.Phase) -> batch_lib.Batch:
  """Returns the shapes of a batch whose rows are as long as they may be."""
  lengths, candidates = run.source.lengths, phase.candidates
  positives, negatives = candidates.num_positives, candidates.num_negatives
  negatives += phase.negatives.num if phase.negatives else 0
  shape = lambda dtype, *axes: jax.ShapeDtypeStruct(
    (phase.batch_size, *axes), dtype
  )
  ids = lambda *axes: shape(np.int32, *axes)
  return batch_lib.Batch(
    label_inputs=ids(lengths.inputs),
    label_targets=ids(lengths.label),
    rationale_inputs=ids(lengths.inputs),
    questions=ids(lengths.inputs),
    positives=ids(positives, lengths.rationale),
    negatives=ids(negatives, lengths.rationale),
    positive_valid=shape(np.bool_, positives),
    negative_valid=shape(np.bool_, negatives),
    weights=shape(np.float32),
    example_index=ids(),
  )
