"""Makes a rationale store of a table, or of the layout of the DSS release.

  python -m distill_jax.ingest --gin_file=import_table.gin
    --gin.INPUT=answers.csv --gin.RATIONALE=explanation --gin.OUTPUT=my_data

OUTPUT/SPLIT.jsonl is written, never overwritten, and trains by
data/records.gin. --dry_run reads everything and shows what each column becomes
and the first record.
"""

import argparse

from distill_jax.cli import entry

_ROOT = 'distill_jax.rationales.importing.Import'


def main() -> None:
  """The entry."""
  entry.run('ingest', __doc__, _ingest, _plan, root=_ROOT)


def _ingest(imported, config: str, options: argparse.Namespace) -> None:
  """Writes the store and tells what it is worth."""
  del config, options
  from distill_jax.rationales import store
  from distill_jax.teachers.stores import summary

  for name, said in imported.run():
    print(f'{name:9}  {said}')
  print(f'{imported.path}: written')
  records = store.read(imported.path)
  found = summary.summarise(records, imported.answers, None, imported.tokens)
  print(found.text())


def _plan(imported, options: argparse.Namespace) -> str:
  """What would be written."""
  del options
  return imported.plan()


if __name__ == '__main__':
  main()
