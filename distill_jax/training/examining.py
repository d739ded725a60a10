"""The best student of a run answers, and what comes out is written down."""

import dataclasses
import time
from typing import Any

from etils import epath

from distill_jax.evaluation import measures, outcome, reading, report
from distill_jax.training import answering
from distill_jax.training import run as run_lib


class Examiner:
  """Lets the best student of a run answer; opens its checkpoints once.

  Args:
    run: a run that was trained.
  """

  def __init__(self, run: run_lib.Run):
    self._run = run
    self._decoder, self._step, self._params = answering.examinee(run)
    judges = answering.has_critic(run)
    self._judging = answering.critic(run) if judges else None

  def examine(self, name: str, *, rationales: bool) -> dict[str, Any]:
    """Writes `eval/` and `predictions/` of a split and returns the former.

    Args:
      name: of the split.
      rationales: whether the student writes its rationales too; where the run
        has a critic, it judges them.
    """
    run, source = self._run, self._run.source
    split, answers = source.open(name), source.data_set.answers
    split, told = reading.reread(source, run.knowledge, run.ranker, split)
    decoder, params = self._decoder, self._params
    began = time.perf_counter()
    found = outcome.judge(
      decoder,
      params,
      split,
      answers,
      rationales=rationales,
      manner=run.manner,
    )
    if told:
      told['writing_seconds'] = time.perf_counter() - began
    found = measures.add(
      found, decoder, params, split, source.seen(name), answers
    )
    found = dataclasses.replace(found, measures={**found.measures, **told})
    if self._judging:
      found = measures.add_quality(
        found, run.critic, self._judging, split, source.vocabulary
      )
    folder = epath.Path(run.model_dir).expanduser()
    return report.write(folder, source.task, self._step, found)
