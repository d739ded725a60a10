"""Results in the folder of a run: `eval/` and `predictions/`."""

import dataclasses
import json
from typing import Any

from etils import epath

from distill_jax.evaluation import outcome as outcome_lib
from distill_jax.evaluation import predictions


def write(
  folder: epath.Path, task: str, step: int, outcome: outcome_lib.Outcome
) -> dict[str, Any]:
  """Writes `eval/TASK.json` and `predictions/TASK.jsonl`; returns the former.

  A split other than `test` has files of its own; see `name`.

  Args:
    folder: of the run.
    task: name of the data set; of a dotted one the last part.
    step: training steps of the parameters that answered.
    outcome: the answers.
  """
  files = name(task, outcome.split)
  result = {
    'task': task.rpartition('.')[2],
    'split': outcome.split,
    'step': step,
    **dataclasses.asdict(outcome.accuracy),
    **outcome.measures,
  }
  predictions.write(folder / 'predictions' / f'{files}.jsonl', outcome.rows)
  predictions.write_text(
    folder / 'eval' / f'{files}.json', json.dumps(result, indent=2) + '\n'
  )
  return result


def has_rationales(folder: epath.Path, task: str, split: str) -> bool:
  """Whether the predictions that are there hold the student's rationales."""
  path = folder / 'predictions' / f'{name(task, split)}.jsonl'
  if not path.exists():
    return False
  with path.open(encoding='utf-8') as file:
    first = file.readline()
  try:
    return 'rationale' in json.loads(first)
  except ValueError:  # somebody else's file
    return False


def name(task: str, split: str) -> str:
  """How the files of a split are called: `TASK`, or `TASK_SPLIT`."""
  task = task.rpartition('.')[2]
  return task if split == 'test' else f'{task}_{split}'
