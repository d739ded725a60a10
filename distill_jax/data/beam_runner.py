"""Ends with a sentence where Apache Beam has no runner of the name given.

  python -m distill_jax.data.beam_runner FlinkRunner

A process of its own, as a pipeline is: `beam` does not import Apache Beam.
"""

import sys

from apache_beam.runners import runner


def main() -> None:
  """Makes the runner, which reaches nobody yet."""
  try:
    runner.create_runner(sys.argv[1])
  except (ValueError, ImportError, AttributeError) as error:
    sys.exit(str(error))


if __name__ == '__main__':
  main()
