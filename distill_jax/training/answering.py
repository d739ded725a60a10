"""The best student of a run, ready to answer."""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np
from etils import epath

from distill_jax.data import cached
from distill_jax.evaluation import decode
from distill_jax.students import sampling as sampling_lib
from distill_jax.training import checkpoints, finished, partition
from distill_jax.training import run as run_lib

_CHECKPOINTS = 'checkpoints'


def best(run: run_lib.Run) -> tuple[decode.Decoder, int, Any]:
  """Returns (decoder, step, parameters) of the run's best student.

  It needs no data: a text may be as long as the run's settings allow.

  Raises:
    ValueError: if the run has not been validated yet.
  """
  folder, mesh = _folder(run), run.mesh.build()
  like = partition.abstract_parameters(mesh, run.student)
  step, params = finished.load(folder, like)
  decoder = decode.Decoder(
    student=run.student,
    vocabulary=run.source.vocabulary,
    lengths=run.source.lengths,
    batch_size=run.validation.batch_size,
    place=functools.partial(partition.put_batch, mesh),
    prompts=run.source.prompts,
  )
  return decoder, step, params


def examinee(run: run_lib.Run) -> tuple[decode.Decoder, int, Any]:
  """As `best`, with a text little longer than the longest learnt from."""
  decoder, step, params = best(run)
  lengths = decode.roomy(run.source.open('train').lengths)
  return dataclasses.replace(decoder, lengths=lengths), step, params


def samples(
  run: run_lib.Run, split: cached.Split, temperature: float
) -> list[np.ndarray]:
  """Returns one rationale per question, drawn from the run's best student.

  As token ids: text, EOS if it came, padding.
  """
  decoder, _, params = best(run)
  sampling = sampling_lib.Temperature(
    temperature=temperature,
    max_tokens=run.source.open('train').lengths.rationale,
  )
  inputs = (split[index].rationale_inputs for index in range(len(split)))
  key = jax.random.key(run.seed)
  return decoder.tokens(params, inputs, split.lengths.inputs, sampling, key)


def has_critic(run: run_lib.Run) -> bool:
  """Returns whether the run has a critic, and a checkpoint that holds it."""
  there = checkpoints.holds_any(_folder(run) / _CHECKPOINTS)
  return run.critic is not None and there


def critic(run: run_lib.Run) -> dict[str, Any]:
  """Returns what the run's critic scores by: parameters by network.

  All of them are as last saved, for they have been trained together: `best`
  holds a student alone, and a critic that reads by the student's encoder reads
  by that of its own time.

  Raises:
    ValueError: if the run has no checkpoint.
  """
  mesh = run.mesh.build()
  like = {
    name: partition.abstract_parameters(mesh, run.networks[name])
    for name in run.critic.reads
  }
  with checkpoints.opened(_folder(run) / _CHECKPOINTS) as store:
    if not store.steps():
      raise ValueError(f'{run.model_dir} has no checkpoint yet.')
    return store.load_part(store.steps()[-1], {'params': like})['params']


def _folder(run: run_lib.Run) -> epath.Path:
  return epath.Path(run.model_dir).expanduser()
