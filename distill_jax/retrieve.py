"""Finds passages for the questions or rationales of a store.

  python -m distill_jax.retrieve --gin_file=retrieve_bm25.gin
    --gin.CORPUS=facts.jsonl --gin.INDEX_DIR=/tmp/index
    --gin.STORE=train.jsonl --gin.OUTPUT=train_with_passages.jsonl

The index is built where it is absent; without STORE nothing more is done. STORE
holds records as JSON lines, OUTPUT receives them with their passages and is
never overwritten. Where TRUTH knows the right passages, hits@1/3/5/10 are
printed.
"""

import argparse

from distill_jax.cli import entry

_ROOT = 'distill_jax.retrieval.retrieval.Retrieval'


def main() -> None:
  """The entry."""
  entry.run('retrieve', __doc__, _retrieve, _plan, root=_ROOT)


def _retrieve(retrieval, config: str, options: argparse.Namespace) -> None:
  """Searches, writes and counts."""
  del config, options
  from distill_jax.data import lifeline
  from distill_jax.retrieval import hits

  with lifeline.orderly():
    ranks = retrieval.run()
  if retrieval.output:
    print(f'{retrieval.output}: written')
  if retrieval.store:
    print(hits.report(ranks))


def _plan(retrieval, options: argparse.Namespace) -> str:
  """What would be searched, and where it would go."""
  del options
  retrieval.check()
  rows = [f'retriever  {retrieval.retriever.describe()}']
  if retrieval.store:
    rows += [
      f'store      {retrieval.store}',
      f'query      {retrieval.query}, {retrieval.k} passages kept of each',
      f'output     {retrieval.output or "none"}',
      f'truth      {retrieval.truth}',
    ]
  return '\n'.join(rows)


if __name__ == '__main__':
  main()
