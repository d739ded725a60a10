"""Judges the best student of a run by questions with known labels.

  python -m distill_jax.evaluate --model_dir=/tmp/q --split=test --rationales

It answers greedily and prints a table. The run's folder receives
eval/TASK.json (accuracy with its 95 % interval, unparsed answers) and
predictions/TASK.jsonl (every answer); for a split other than `test` they are
called TASK_SPLIT.

  python -m distill_jax.evaluate --model_dir=/tmp/q --qualities=1.5,2

scores rationales by the run's discriminator: those of the teacher that won and
lost the vote, and samples of the student at these temperatures. It writes
eval/qualities_SPLIT.json and .png.
"""

import argparse
from typing import Any

from distill_jax.cli import entry, joining, pages, rehearsal


def main() -> None:
  """The entry."""
  entry.run(
    'evaluate',
    __doc__,
    _evaluate,
    _plan,
    _add_options,
  )


def _add_options(parser: argparse.ArgumentParser) -> None:
  parser.add_argument(
    '--model_dir',
    metavar='RUN',
    help="a run's folder; its config.gin is the first gin file",
  )
  parser.add_argument(
    '--split',
    action='append',
    metavar='NAME',
    help='which questions; may be given several times; all test splits if not '
    'given',
  )
  parser.add_argument(
    '--rationales',
    action='store_true',
    help='write the rationales of the student too; where they have been '
    'written before, they are written again in any case',
  )
  parser.add_argument(
    '--qualities',
    metavar='T,T',
    help="how the run's discriminator judges the teacher's rationales, and "
    "the student's at these temperatures",
  )
  joining.add_options(parser)


def _evaluate(run, config: str, options: argparse.Namespace) -> None:
  """Judges the student of a run and writes what came out."""
  del config
  # Imported here, so that `--help` does not wait for jax.
  from etils import epath

  from distill_jax.evaluation import report
  from distill_jax.training import compilation, examining

  splits = _asked(run, options)
  temperatures = _temperatures(run, options)
  compilation.use_cache()
  if temperatures:
    lines = _measure_qualities(run, splits, temperatures)
    if joining.leads(options):
      print('\n'.join(lines))
    return
  examiner = examining.Examiner(run)
  folder, task = epath.Path(run.model_dir).expanduser(), run.source.task
  results = []
  for name in splits:
    # Those of the training's end are not lost to a second look.
    there = report.has_rationales(folder, task, name)
    rationales = run.teaches_rationales and (options.rationales or there)
    results.append(examiner.examine(name, rationales=rationales))
  if joining.leads(options):
    _show(results)


def _plan(run, options: argparse.Namespace) -> str:
  """What would be answered."""
  from distill_jax.evaluation import report

  splits = _asked(run, options)
  rehearsal.student(run)
  cache = rehearsal.data(run.source)
  names = (report.name(run.source.task, split) for split in splits)
  files = (f'eval/{name}.json, predictions/{name}.jsonl' for name in names)
  return '\n'.join(
    [
      f'run        {run.model_dir}, its best student',
      f'data       {run.source.task}: {", ".join(splits)}',
      f'cache      {cache}',
      f'writes     {", ".join(files)}',
    ]
  )


def _asked(run, options: argparse.Namespace) -> list[str]:
  """The splits to answer; without a wish all that are for tests."""
  if options.rationales and not run.teaches_rationales:
    raise ValueError(
      '--rationales: the student of this run was taught labels alone; leave '
      'it out, or give a run by another method'
    )
  if not options.split:
    return list(run.source.data_set.test_splits)
  known = run.source.data_set.splits
  for name in options.split:
    if name not in known:
      raise ValueError(
        f'--split={name}: there is no such split, expected one of '
        f'{", ".join(known)}'
      )
  return options.split


def _temperatures(run, options: argparse.Namespace) -> list[float]:
  """Those of --qualities; none if it was not given."""
  if options.qualities is None:
    return []
  if run.critic is None:
    raise ValueError(
      '--qualities: this run has no discriminator; give one by QCRD'
    )
  try:
    found = [float(word) for word in options.qualities.split(',')]
  except ValueError:
    found = []
  if not found or min(found) <= 0:
    raise ValueError(
      f'--qualities={options.qualities}: expected temperatures above 0, such '
      'as 1.5,2'
    )
  return found


def _measure_qualities(
  run, splits: list[str], temperatures: list[float]
) -> list[str]:
  """Writes the densities of the discriminator's scores; returns what to say."""
  from etils import epath

  from distill_jax.evaluation import densities
  from distill_jax.training import answering

  folder = epath.Path(run.model_dir).expanduser()
  params, lines = answering.critic(run), []
  for name in splits:
    split = run.source.open(name)
    samples = {
      f'student, T = {one:g}': answering.samples(run, split, one)
      for one in temperatures
    }
    found = densities.measure(
      run.critic, params, split, samples, run.source.vocabulary
    )
    densities.write(folder, f'qualities_{name}', found)
    for group, value in found.items():
      lines.append(
        f'{name:12} {group:20} {value.number:6,} rationales, mean quality '
        f'{value.mean:.3f}, peak at {value.peak:.3f}'
      )
  return lines


def _show(results: list[dict[str, Any]]) -> None:
  """Prints a table, one row per split."""
  from rich import console
  from rich import table as table_lib

  table = table_lib.Table(title=results[0]['task'])
  heads = ('split', 'step', 'questions', 'unparsed', 'accuracy', '95 %')
  for head in heads:
    table.add_column(head, justify='left' if head == 'split' else 'right')
  for result in results:
    table.add_row(
      result['split'],
      f'{result["step"]:,}',
      f'{result["num_examples"]:,}',
      f'{result["unparsed"]:,}',
      f'{result["accuracy"]:.2%}',
      f'{result["low"]:.2%} to {result["high"]:.2%}',
    )
  console.Console().print(table)


if __name__ == '__main__':
  pages.enlarge(__spec__)
  main()
