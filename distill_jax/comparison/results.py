"""What the runs of a comparison answered, as tables of seeds and questions."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool

from distill_jax.comparison import grid

Tables = dict[tuple[str, float | None], Bool[np.ndarray, 'S I']]


def read(
  comparison: grid.Comparison, cells: Sequence[grid.Cell]
) -> dict[str, Tables]:
  """Returns, by split that is reported, which answers of a method were right.

  The tables stand under (row, share): a row per seed, in the order of the
  cells, a column per question.

  Raises:
    ValueError: if two runs were asked other questions, or other splits.
  """
  rows: dict[str, dict[tuple[str, float | None], list[np.ndarray]]] = {}
  asked: dict[str, list[str]] = {}
  for cell in cells:
    answered = _answers(comparison, cell)
    for split, answers in answered.items():
      names = list(answers)
      if asked.setdefault(split, names) != names:
        raise ValueError(
          f'{cell.folder}: the questions of {split} are not those of the runs '
          'before it; compare runs on the same data.'
        )
      table = rows.setdefault(split, {}).setdefault((cell.row, cell.share), [])
      table.append(np.array(list(answers.values()), bool))
    missing = {*asked, *comparison.splits} - answered.keys()
    if missing:
      raise ValueError(
        f'{cell.folder} has no answers to {", ".join(sorted(missing))}; write '
        f'them by "evaluate --model_dir={cell.folder}", or remove that run and '
        'give the same command again.'
      )
  return {
    split: {key: np.stack(table) for key, table in tables.items()}
    for split, tables in rows.items()
  }


def _answers(
  comparison: grid.Comparison, cell: grid.Cell
) -> Mapping[str, Mapping[str, bool]]:
  """Returns, by split, whether each question was answered rightly."""
  found = {}
  for path in sorted((cell.folder / 'eval').glob('*.json')):
    split = json.loads(path.read_text()).get('split')
    if split is None or not comparison.reports(split):
      continue
    predictions = cell.folder / 'predictions' / f'{path.stem}.jsonl'
    with open(predictions, encoding='utf-8') as lines:
      rows = [json.loads(line) for line in lines]
    found[split] = {row['example_id']: row['correct'] for row in rows}
  return found
