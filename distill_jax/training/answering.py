"""The best student of a run, ready to answer."""

from typing import Any

import jax
from etils import epath

from distill_jax.data import cached
from distill_jax.evaluation import decode
from distill_jax.students import sampling as sampling_lib
from distill_jax.training import checkpoints, initial, partition
from distill_jax.training import run as run_lib


def best(run: run_lib.Run) -> tuple[decode.Decoder, int, Any]:
  """Returns (decoder, step, parameters) of the run's best student.

  Raises:
    ValueError: if the run has not been validated yet.
  """
  folder = _folder(run)
  like = partition.abstract_parameters(run.mesh.build(), run.student)
  step, params = initial.best_student(folder, like)
  decoder = decode.Decoder(
    student=run.student,
    vocabulary=run.source.vocabulary,
    batch_size=run.validation.batch_size,
  )
  return decoder, step, params


def samples(
  run: run_lib.Run, split: cached.Split, temperature: float
) -> list[str]:
  """Returns one rationale per question, drawn from the run's best student."""
  decoder, _, params = best(run)
  sampling = sampling_lib.Temperature(
    temperature=temperature, max_tokens=split.lengths.rationale
  )
  inputs = (split[index].rationale_inputs for index in range(len(split)))
  key = jax.random.key(run.seed)
  return decoder.texts(params, inputs, split.lengths.inputs, sampling, key)


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
