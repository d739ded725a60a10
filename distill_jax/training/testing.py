"""The last word on a run: its best student on the test sets."""

import json
import logging

from etils import epath

from distill_jax.evaluation import predictions, quality
from distill_jax.training import answering, examining, metrics
from distill_jax.training import run as run_lib

_log = logging.getLogger(__name__)


def measure_critic(run: run_lib.Run, folder: epath.Path) -> None:
  """Writes `eval/critic.json`: how well the critic knows good rationales.

  On validation questions, since a critic plays no part in answering: over the
  teacher's rationales, and over one sample of the best student per question at
  the temperature of the run's negatives.

  Args:
    run: a run that was trained and has a critic.
    folder: of the run.
  """
  split = run.source.open(run.validation.split)
  answers = run.source.data_set.answers
  params = answering.critic(run)
  found = {'teacher': quality.of_teacher(run.critic, params, split, answers)}
  for settings in (phase.negatives for phase in run.phases):
    if settings:
      samples = answering.samples(run, split, settings.temperature)
      found['student'] = quality.of_student(
        run.critic, params, split, answers, samples, run.source.vocabulary
      )
  predictions.write_text(
    folder / 'eval' / 'critic.json', json.dumps(found, indent=2) + '\n'
  )
  for whose, values in found.items():
    _log.info(
      'critic on rationales of the %s: %s', whose, metrics.shown(values)
    )


def test(run: run_lib.Run) -> None:
  """Answers every test split once and writes `eval/` and `predictions/`.

  The student is the one that was best on validation. Nothing is chosen by what
  comes out here.

  Args:
    run: a run that was trained.
  """
  trained = any(phase.trains('student') for phase in run.phases)
  if run.phases and not trained:
    return
  examiner = examining.Examiner(run)
  for name in run.source.data_set.test_splits:
    result = examiner.examine(name, rationales=run.teaches_rationales)
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
      result['step'],
    )
