"""The last word on a run: its best student on the test sets."""

import logging

from etils import epath

from distill_jax.evaluation import outcome
from distill_jax.evaluation import report
from distill_jax.training import answering
from distill_jax.training import run as run_lib

_log = logging.getLogger(__name__)

_NOT_TEST = ('train', 'validation')


def test(run: run_lib.Run, folder: epath.Path) -> None:
  """Answers every test split once and writes `eval/` and `predictions/`.

  The student is the one that was best on validation. Nothing is chosen by what
  comes out here.

  Args:
    run: a run that was trained.
    folder: of the run.
  """
  if not any(phase.trains('student') for phase in run.phases):
    return
  decoder, step, params = answering.best(run)
  for name in run.source.data_set.splits:
    if name in _NOT_TEST:
      continue
    found = outcome.judge(
      decoder,
      params,
      run.source.open(name),
      run.source.data_set.answers,
      rationales=True,
    )
    result = report.write(folder, run.source.task, step, found)
    _log.info(
      '%s %s: accuracy %.4f [%.4f, %.4f] of %d, %d unparsed (student of step '
      '%d)',
      run.source.task,
      name,
      result['accuracy'],
      result['low'],
      result['high'],
      result['num_examples'],
      result['unparsed'],
      step,
    )
