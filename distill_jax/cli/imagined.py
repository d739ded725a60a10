"""Devices that need not be there, for a plan."""

import argparse

from distill_jax.cli import errors

_MOST = 4096  # of a TPU v4 pod; tracing for more takes its time


def add_options(parser: argparse.ArgumentParser) -> None:
  """Adds the option that asks for them."""
  parser.add_argument_group('planning').add_argument(
    '--devices',
    type=int,
    metavar='N',
    help='with --dry_run: plan for N devices, whatever this machine has, and '
    'count what they would send each other',
  )


def imagine(options: argparse.Namespace, dry_run: bool) -> None:
  """Gives jax as many devices as were asked for, if any were.

  They are XLA's devices on a CPU; jax must not have looked for others yet.

  Raises:
    errors.UsageError: the run is to be trained, or their number is none.
  """
  number = getattr(options, 'devices', None)
  if number is None:
    return
  if not dry_run:
    raise errors.UsageError(
      f'--devices={number} is for a plan alone; add --dry_run, or leave it out '
      'to train on the devices that are there'
    )
  if not 1 <= number <= _MOST:
    raise errors.UsageError(
      f'--devices={number}: expected a number from 1 to {_MOST}'
    )
  import jax

  jax.config.update('jax_platforms', 'cpu')
  jax.config.update('jax_num_cpu_devices', number)
