"""Trains a run, validates it, and tests its best student at the end.

  python -m distill_jax.train --gin_file=qcrd_tiny.gin --gin.MODEL_DIR=/tmp/q

The same command goes on with a run that was stopped. MODEL_DIR receives
config.gin, metrics.jsonl, tensorboard/, checkpoints/, best/ (the student),
eval/*.json and predictions/*.jsonl; CACHE_DIR receives the token cache.

Before a run on more devices than are here,
  python -m distill_jax.train --gin_file=qcrd_t5base.gin --dry_run --devices=8
says what each would hold, and what they would send each other in a step.

A file for a reranker, such as reranker_tiny.gin, trains that one: best/ is the
reranker then, and eval/*.json the hits of both orders.
"""

import argparse

from distill_jax.cli import (
  entry,
  imagined,
  joining,
  loading,
  pages,
  rehearsal,
)


def main() -> None:
  """The entry."""
  entry.run(
    'train',
    __doc__,
    _train,
    _plan,
    _add_options,
    others=loading.OTHERS,
  )


def _add_options(parser: argparse.ArgumentParser) -> None:
  joining.add_options(parser)
  imagined.add_options(parser)


def _train(run, config: str, options: argparse.Namespace) -> None:
  """Trains what gin built."""
  del options
  # Imported here, so that `--help` does not wait for jax.
  from distill_jax.training import loop

  loop.train(run, config)


def _plan(run, options: argparse.Namespace) -> str:
  """What would be trained."""
  # Imported here, so that `--help` does not wait for jax.
  from distill_jax.training import imagined_plan
  from distill_jax.training.memory import plan

  rehearsal.training(run)
  rows = imagined_plan.rows if options.devices else plan.rows
  lines = [
    run.plan(),
    *rows(run, rehearsal.tokens(run)),
    *rehearsal.share(run.source),
  ]
  return '\n'.join(lines)


if __name__ == '__main__':
  pages.enlarge(__spec__)
  main()
