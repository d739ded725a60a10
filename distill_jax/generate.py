"""Writes label and rationale for questions of one's own.

python -m distill_jax.generate --model_dir=/tmp/q --question='Tom has ...'
"""

import argparse
import dataclasses
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

from distill_jax.cli import entry


def main() -> None:
  """The entry."""
  entry.run(
    'generate',
    'Writes a label and a rationale for each question with the best student of '
    'a run.',
    _generate,
    _add_options,
  )


def _add_options(parser: argparse.ArgumentParser) -> None:
  parser.add_argument(
    '--model_dir', metavar='RUN', help='a run folder; its config.gin is used'
  )
  parser.add_argument(
    '--question',
    action='append',
    default=[],
    metavar='TEXT',
    help='a question; may be repeated',
  )
  parser.add_argument(
    '--input',
    metavar='FILE',
    help='questions: records as JSON lines (.jsonl), or one question a line; '
    '- for the standard input',
  )
  parser.add_argument(
    '--output',
    metavar='FILE',
    help='JSON lines; without it the texts are printed',
  )


def _generate(run, config: str, options: argparse.Namespace) -> None:
  """Writes for every question that the options name."""
  del config
  records = [*_asked(options.question), *_read(options.input)]
  if not records:
    raise ValueError(
      'no question; give one by --question=TEXT or a file by --input=FILE'
    )
  rows = _answer(run, records)
  if options.output is None:
    _show(rows)
    return
  from etils import epath

  from distill_jax.evaluation import predictions

  predictions.write(epath.Path(options.output), rows)


def _asked(questions: list[str], name: str = 'question') -> Iterator[Any]:
  """Yields a record per text that is not empty."""
  from distill_jax.rationales import record

  for number, question in enumerate(questions, start=1):
    if question.strip():
      yield record.Record(
        example_id=f'{name}/{number}', question=question.strip()
      )


def _read(file: str | None) -> Iterator[Any]:
  """Yields the records of a file of questions."""
  if file is None:
    return
  if file == '-':
    yield from _asked(sys.stdin.readlines(), 'input')
  elif file.endswith('.jsonl'):
    from distill_jax.rationales import store

    yield from store.read(file)
  else:
    path = pathlib.Path(file)
    if not path.is_file():
      raise ValueError(f'--input={file}: no such file')
    yield from _asked(path.read_text(encoding='utf-8').splitlines(), path.stem)


def _answer(run, records: list[Any]) -> list[dict[str, str]]:
  """Question, label and rationale of each record."""
  import numpy as np

  from distill_jax.students import sampling
  from distill_jax.training import answering, compilation

  source = run.source
  size = min(len(records), run.validation.batch_size)
  compilation.use_cache()
  decoder, _, params = answering.best(run)
  decoder = dataclasses.replace(decoder, batch_size=size)

  def texts(inputs: list[str], max_tokens: int) -> list[str]:
    ids = [
      np.array([*source.vocabulary.encode(text), source.vocabulary.eos_id])
      for text in inputs
    ]
    longest = max(map(len, ids))
    width = min(-(-longest // 8) * 8, source.lengths.inputs)
    greedy = sampling.Greedy(max_tokens=max_tokens)
    return decoder.texts(params, ids, width, greedy)

  asked = [
    source.prompts.texts(
      dataclasses.replace(one, label=None, rationales=()),
      source.data_set.answers,
    )
    for one in records
  ]
  labels = texts([one.label_input for one in asked], source.lengths.label)
  rationales = texts(
    [one.rationale_input for one in asked], source.lengths.rationale
  )
  return [
    {
      'example_id': record.example_id,
      'question': record.question,
      'label': label,
      'rationale': rationale,
    }
    for record, label, rationale in zip(
      records, labels, rationales, strict=True
    )
  ]


def _show(rows: list[dict[str, str]]) -> None:
  """Prints the texts, a block per question."""
  for row in rows:
    print(f'question:  {row["question"]}')
    print(f'rationale: {row["rationale"]}')
    print(f'label:     {row["label"]}\n')


if __name__ == '__main__':
  main()
