"""Counts how often BM25 finds OpenbookQA's gold fact, by several queries.

  python -m benchmarks.openbookqa_retrieval --data=/path/to/openbookqa

The folder holds OpenbookQA's facts and questions, and in `tinyllm/llm` what two
teachers wrote about each question, having seen the gold answer.
"""

import argparse
import dataclasses
import pathlib
import tempfile
from collections.abc import Iterator

import rich
from rich import table as table_lib

from distill_jax.rationales import openbookqa, record, store
from distill_jax.retrieval import bm25, hits, queries, retrieval

_QUERIES = (
  ('question', queries.Question()),
  ('question + choices', queries.Question(choices=True)),
  ('question + gold answer', queries.Question(label=True)),
)
_BY_RATIONALE = (
  ('rationale of {}', queries.EachRationale()),
  ('question + rationale of {}', queries.EachRationale(question=True)),
)


def main() -> None:
  """Prints a table."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--data', type=pathlib.Path, required=True)
  data = parser.parse_args().data
  with tempfile.TemporaryDirectory() as folder:
    rich.print(_table(data, pathlib.Path(folder)))


def _table(data: pathlib.Path, folder: pathlib.Path) -> table_lib.Table:
  splits = openbookqa.SPLITS
  table = table_lib.Table('query', *(f'{one}, hits@1/10' for one in splits))
  engine = bm25.BM25(corpus=openbookqa.Facts(data_dir=str(data)))
  for split in splits:
    for teacher in openbookqa.TEACHERS:
      path = folder / f'{split}_{teacher}.jsonl'
      store.write(path, _records(data, split, teacher))
  for name, query, teacher in _rows():
    shares = []
    for split in splits:
      path = folder / f'{split}_{teacher}.jsonl'
      ranks = retrieval.Retrieval(
        retriever=engine, query=query, store=str(path)
      ).run()
      shares.append(
        ' / '.join(f'{100 * hits.share(ranks, at):.1f}' for at in (1, 10))
      )
    table.add_row(name, *shares)
  return table


def _rows() -> Iterator[tuple[str, queries.Query, str]]:
  """Name and query of each row, and whose rationales its records hold."""
  for name, query in _QUERIES:
    yield name, query, openbookqa.TEACHERS[0]
  for name, query in _BY_RATIONALE:
    for teacher in openbookqa.TEACHERS:
      yield name.format(teacher), query, teacher


def _records(
  data: pathlib.Path, split: str, teacher: str
) -> Iterator[record.Record]:
  """The questions of a split, each with the rationale of one teacher."""
  for one in openbookqa.read(split, str(data)):
    said = tuple(r for r in one.rationales if r.source == teacher)
    yield dataclasses.replace(one, rationales=said)


if __name__ == '__main__':
  main()
