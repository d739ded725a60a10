"""Writes label and rationale for questions of one's own.

  python -m distill_jax.generate --model_dir=/tmp/q --question='Tom has ...'
  python -m distill_jax.generate --model_dir=/tmp/q --input=in.txt

The best student of the run answers in the run's manner, greedily if it names
none. A rationale is written where the student has learnt from rationales, and
passages are found where it has learnt with them. The answers are printed, or
written as JSON lines with example_id, question, passages, rationale and label.
"""

import argparse
import dataclasses
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from distill_jax.cli import entry, pages, questions, rehearsal

_log = logging.getLogger('distill_jax.generate')

Row = dict[str, Any]


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

  from distill_jax.evaluation import asked, predictions, reading

  records = questions.read(options.question, options.input)
  if run.knowledge:
    found = reading.read(run.knowledge, run.ranker, records)
    records = found.records
  ask = asked.Questions(run.source, records)
  for sentence in ask.lost:
    _log.warning(sentence)
  rows = _rows(run, ask)
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


def _rows(run, ask) -> Iterator[Row]:
  """Yields question, passages, label and, if it was taught any, rationale."""
  from distill_jax.training import answering, compilation

  compilation.use_cache()
  decoder, _, params = answering.best(run)
  size = min(len(ask), decoder.batch_size)
  decoder = dataclasses.replace(decoder, batch_size=size)
  answers = run.source.data_set.answers
  labels = run.manner.write(decoder, params, ask, answers)
  written = {'label': [one.tokens for one in labels]}
  if run.teaches_rationales and decoder.prompts.label_alone:
    written['rationale'] = decoder.rationales(params, ask)
  elif run.teaches_rationales:  # it stands before the label
    written['rationale'] = written['label']
  read = {'rationale': decoder.rationale_in, 'label': decoder.label_in}
  for number, record in enumerate(ask.records()):
    row = {'example_id': record.example_id, 'question': record.question}
    if record.passages:
      row['passages'] = [
        {'id': one.id, 'text': one.text} for one in record.passages
      ]
    for name in filter(written.__contains__, read):
      tokens = written[name][number]
      row[name] = read[name](tokens)
      if decoder.vocabulary.eos_id not in tokens:
        _log.warning(
          '%s: the %s was cut at its longest length', record.example_id, name
        )
    yield row


def _show(rows: Iterable[Row]) -> None:
  """Prints the texts, a block per question."""
  for row in rows:
    print(f'question:  {row["question"]}')
    for passage in row.get('passages', ()):
      print(f'passage:   {passage["text"]} [{passage["id"]}]')
    if 'rationale' in row:
      print(f'rationale: {row["rationale"]}')
    print(f'label:     {row["label"]}\n')


if __name__ == '__main__':
  pages.enlarge(__spec__)
  main()
