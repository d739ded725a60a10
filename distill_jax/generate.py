"""Writes label and rationale for questions of one's own.

  python -m distill_jax.generate --model_dir=/tmp/q --question='Tom has ...'
  python -m distill_jax.generate --model_dir=/tmp/q --input=in.txt

The best student of the run answers greedily. A rationale is written where the
student has learnt from rationales. The answers are printed, or written as JSON
lines with example_id, question, label and rationale.
"""

import argparse
import dataclasses
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from distill_jax.cli import entry, questions, rehearsal
from distill_jax.data import lengths

_log = logging.getLogger('distill_jax.generate')

Row = dict[str, str]


def main() -> None:
  """The entry."""
  entry.run(
    'generate',
    __doc__,
    _generate,
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
    '--question',
    action='append',
    default=[],
    metavar='TEXT',
    help='a question; may be given several times',
  )
  parser.add_argument(
    '--input',
    metavar='FILE',
    help='questions in UTF-8: records as JSON lines (.jsonl), or one question '
    'a line; - for the standard input',
  )
  parser.add_argument(
    '--output',
    metavar='FILE',
    help='receives the answers; without it they are printed',
  )


def _generate(run, config: str, options: argparse.Namespace) -> None:
  """Writes for every question that the options name."""
  del config
  # Imported here, so that `--help` does not wait for jax.
  from etils import epath

  from distill_jax.evaluation import asked, predictions

  records = questions.read(options.question, options.input)
  inputs = [asked.ask(run.source, record) for record in records]
  for record, one in zip(records, inputs, strict=True):
    for sentence in one.lost:
      _log.warning('%s: %s', record.example_id, sentence)
  rows = _rows(run, records, inputs)
  if options.output is None:
    _show(rows)
  else:
    predictions.write(epath.Path(options.output).expanduser(), rows)


def _plan(run, options: argparse.Namespace) -> str:
  """What would be answered."""
  records = questions.read(options.question, options.input)
  rehearsal.student(run)
  limits = run.source.lengths
  rationale = (
    f', a rationale of at most {limits.rationale:,}'
    if run.teaches_rationales
    else ''
  )
  return '\n'.join(
    [
      f'run        {run.model_dir}, its best student',
      f'questions  {len(records):,}, at most {limits.inputs:,} tokens of each',
      f'writes     a label of at most {limits.label:,} tokens{rationale}',
      f'output     {options.output or "printed"}',
    ]
  )


def _rows(run, records: list[Any], inputs: list[Any]) -> Iterator[Row]:
  """Yields question, label and, if the student was taught any, rationale."""
  from distill_jax.training import answering, compilation

  compilation.use_cache()
  decoder, _, params = answering.best(run)
  size = min(len(records), decoder.batch_size)
  decoder = dataclasses.replace(decoder, batch_size=size)
  columns = {}
  if run.teaches_rationales:
    columns['rationale'] = _written(
      decoder,
      params,
      [one.rationale_inputs for one in inputs],
      run.source.lengths.inputs,
      decoder.lengths.rationale,
      decoder.prompts.rationale_in,
    )
  columns['label'] = _written(
    decoder,
    params,
    [one.label_inputs for one in inputs],
    run.source.lengths.inputs,
    decoder.lengths.label,
    decoder.prompts.label_in,
  )
  for number, record in enumerate(records):
    row = {'example_id': record.example_id, 'question': record.question}
    for name, texts in columns.items():
      text, ended = texts[number]
      row[name] = text
      if not ended:
        _log.warning(
          '%s: the %s was cut at its longest length', record.example_id, name
        )
    yield row


def _written(
  decoder,
  params,
  inputs: list[Any],
  longest: int,
  max_tokens: int,
  read: Callable[[str], str],
) -> list[tuple[str, bool]]:
  """What is read of each text it writes, and whether that came to an end."""
  from distill_jax.students import sampling

  width = lengths.padded(max(map(len, inputs)), longest)
  greedy = sampling.Greedy(max_tokens=max_tokens)
  vocabulary = decoder.vocabulary
  return [
    (read(vocabulary.decode(ids.tolist())), vocabulary.eos_id in ids)
    for ids in decoder.tokens(params, inputs, width, greedy)
  ]


def _show(rows: Iterable[Row]) -> None:
  """Prints the texts, a block per question."""
  for row in rows:
    print(f'question:  {row["question"]}')
    if 'rationale' in row:
      print(f'rationale: {row["rationale"]}')
    print(f'label:     {row["label"]}\n')


if __name__ == '__main__':
  main()
