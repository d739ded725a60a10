"""Lets a language model compare the rationales of two runs.

  python -m distill_jax.judge --gin_file=judge.gin --gin.FIRST=RUN
    --gin.SECOND=RUN --gin.OUTPUT=verdicts --gin.MODEL=gpt-3.5-turbo --dry_run

Each question is shown in both orders; a verdict that the order changes is a
tie. OUTPUT receives judge.md, a table of wins, ties and losses, and judge.json,
every verdict. Every reply is kept in a journal: the same command goes on where
it was stopped, and pays for none twice.
"""

from distill_jax.cli import asking

_ROOT = 'distill_jax.teachers.judging.judge.Judge'


def main() -> None:
  """The entry."""
  asking.run('judge', __doc__, _ROOT)


if __name__ == '__main__':
  main()
