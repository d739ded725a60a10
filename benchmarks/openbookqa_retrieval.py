"""Counts how often BM25 finds OpenbookQA's gold fact, by several queries.

  python -m benchmarks.openbookqa_retrieval --data=/path/to/openbookqa

The folder holds OpenbookQA's facts and questions, and in `tinyllm/llm` what two
teachers wrote about each question, having seen the gold answer.
"""

import argparse
import json
import pathlib
import tempfile
from collections.abc import Iterator

import rich
from rich import table as table_lib

from distill_jax.rationales import completions, record, store
from distill_jax.retrieval import bm25, corpus, hits, queries, retrieval

_SPLITS = {'train': 'train', 'dev': 'valid', 'test': 'test'}
_TEACHERS = ('Flan-T5-XXL', 'LLaMA-2')
_BETWEEN = 'llama rationale:'
_QUERIES = (
  ('question', queries.Question()),
  ('question + choices', queries.Question(choices=True)),
  ('question + gold answer', queries.Question(label=True)),
)
_BY_RATIONALE = (
  ('rationale of {}', queries.EachRationale(until='Q:')),
  (
    'question + rationale of {}',
    queries.EachRationale(until='Q:', question=True),
  ),
)


def main() -> None:
  """Prints a table."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--data', type=pathlib.Path, required=True)
  data = parser.parse_args().data
  with tempfile.TemporaryDirectory() as folder:
    rich.print(_table(data, pathlib.Path(folder)))


def _table(data: pathlib.Path, folder: pathlib.Path) -> table_lib.Table:
  table = table_lib.Table('query', *(f'{one}, hits@1/10' for one in _SPLITS))
  facts = (data / 'openbook.txt').read_text().splitlines()
  (folder / 'facts.txt').write_text(
    ''.join(f'{fact.strip().strip(chr(34))}\n' for fact in facts)
  )
  engine = bm25.BM25(
    corpus=corpus.Corpus(path=str(folder / 'facts.txt')),
    index_dir=str(folder / 'index'),
  )
  ids = {one.text.lower(): one.id for one in engine.corpus.passages()}
  for split in _SPLITS:
    for number, teacher in enumerate(_TEACHERS):
      path = folder / f'{split}_{teacher}.jsonl'
      store.write(path, _records(data, split, number, ids))
  for name, query, teacher in _rows():
    shares = []
    for split in _SPLITS:
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
    yield name, query, _TEACHERS[0]
  for name, query in _BY_RATIONALE:
    for teacher in _TEACHERS:
      yield name.format(teacher), query, teacher


def _records(
  data: pathlib.Path, split: str, teacher: int, ids: dict[str, str]
) -> Iterator[record.Record]:
  """The questions of a split, each with the rationale of one teacher."""
  written = completions.read(data / 'tinyllm', _SPLITS[split])
  lines = (data / f'{split}_complete.jsonl').read_text().splitlines()
  for line, text in zip(lines, written, strict=True):
    row = json.loads(line)
    choices = {c['label']: c['text'] for c in row['question']['choices']}
    rationale = text.split(_BETWEEN)[teacher].strip()
    yield record.Record(
      example_id=row['id'],
      question=row['question']['stem'],
      label=choices[row['answerKey']],
      choices=tuple(choices.values()),
      rationales=(record.Rationale(text=rationale),) if rationale else (),
      extra={'gold_passages': ids[row['fact1'].lower().strip()]},
    )


if __name__ == '__main__':
  main()
