"""The best student of a run, ready to answer."""

from typing import Any

from etils import epath

from distill_jax.evaluation import decode
from distill_jax.training import initial
from distill_jax.training import partition
from distill_jax.training import run as run_lib


def best(run: run_lib.Run) -> tuple[decode.Decoder, int, Any]:
  """Returns (decoder, step, parameters) of the run's best student.

  Raises:
    ValueError: if the run has not been validated yet.
  """
  folder = epath.Path(run.model_dir).expanduser()
  like = partition.abstract_parameters(run.mesh.build(), run.student)
  step, params = initial.best_student(folder, like)
  decoder = decode.Decoder(
    student=run.student,
    vocabulary=run.source.vocabulary,
    batch_size=run.validation.batch_size,
  )
  return decoder, step, params
