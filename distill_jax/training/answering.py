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
  lengths = run.source.open('train').lengths
  return dataclasses.replace(decoder, lengths=lengths), step, params


def samples(
  run: run_lib.Run, split: cached.Split, temperature: float
) -> list[np.ndarray]:
  """Returns one rationale per question, drawn from the run's best student.

  As token ids: text, EOS if it came, padding.
  """
  decoder, _, params = examinee(run)
  sampling = sampling_lib.Temperature(
    temperature=temperature, max_tokens=decoder.lengths.rationale
  )
  inputs = (split[index].rationale_inputs for index in range(len(split)))
  key = jax.random.key(run.seed)
  return decoder.tokens(params, inputs, split.lengths.inputs, sampling, key)


def critic(run: run_lib.Run) -> Any:
  """Returns the parameters of the run's critic, as last saved.

  Raises:
    ValueError: if the run has no checkpoint.
  """
  like = partition.abstract_parameters(run.mesh.build(), run.critic)
  store = checkpoints.Store(_folder(run) / 'checkpoints', run.checkpoints.keep)
  try:
    if not store.steps():
      raise ValueError(f'{run.model_dir} has no checkpoint yet.')
    tree = {'params': {'critic': like}}
    return store.load_part(store.steps()[-1], tree)['params']['critic']
  finally:
    store.close()


def _folder(run: run_lib.Run) -> epath.Path:
  return epath.Path(run.model_dir).expanduser()
