"""Keeps the rationales from which a model predicts the right answer.

  python -m distill_jax.filter --gin_file=filter_kard.gin
    --gin.DATA_DIR=my_data --gin.OUTPUT=my_filtered_data --gin.MODEL=...

The model is an endpoint's, or a student of one's own by
--gin_file=parts/local_teacher.gin --gin.STUDENT=RUN. It reads each rationale
without the sentence that states its answer. OUTPUT becomes a data set that
trains by data/records.gin. Every reply is kept in a journal: the same command
goes on where it was stopped, and pays for none twice.
"""

from distill_jax.cli import asking

_ROOT = 'distill_jax.teachers.stores.filter.Filter'


def main() -> None:
  """The entry."""
  asking.run('filter', __doc__, _ROOT)


if __name__ == '__main__':
  main()
