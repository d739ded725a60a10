"""Collects rationales of a teacher for the questions of a data set.

  python -m distill_jax.collect --gin_file=collect_svamp.gin
    --gin.DATA_DIR=/path/to/svamp --gin.OUTPUT=my_data --dry_run

`--dry_run` shows the first prompt, and what everything costs. Every sample is
kept in a journal as soon as it arrives: the same command goes on where it was
stopped, and pays for no sample twice. OUTPUT becomes a data set that trains by
data/records.gin. Ctrl-C lets the requests that are under way end.
"""

from distill_jax.cli import asking

_ROOT = 'distill_jax.teachers.stores.collection.Collection'


def main() -> None:
  """The entry."""
  asking.run('collect', __doc__, _ROOT)


if __name__ == '__main__':
  main()
