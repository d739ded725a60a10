"""A run without phases: its best network is the one that it begins with.

For students that are only asked, such as a trained one with other passages, or
one that has seen a few examples in its input and no more.
"""

import contextlib

from etils import epath

from distill_jax.training import best as best_lib
from distill_jax.training import experiment, partition


def keep(run: experiment.Experiment, folder: epath.Path) -> None:
  """Validates the network as it begins and writes it into `best/`.

  Args:
    run: without phases.
    folder: of the run.
  """
  name, mesh = run.best, run.mesh.build()
  best = best_lib.Best(
    folder,
    {
      one: partition.abstract_parameters(mesh, run.networks[one])
      for one in run.kept
    },
    run.about(),
    run.rank,
  )
  with contextlib.closing(best):
    if best.empty:
      params = run.initial_params(mesh)
      values = run.validator(mesh).measure(name, params)
      best.offer(0, params, values)
