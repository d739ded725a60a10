"""Ends with a sentence where Apache Beam would refuse these options.

  python -m distill_jax.data.beam_check --runner=FlinkRunner ...

A process of its own, as a pipeline is: `beam` does not import Apache Beam.
"""

import importlib
import sys

import apache_beam
from apache_beam.options import pipeline_options
from apache_beam.runners import runner as runners

# Beam misses it only when a pipeline begins.
_DATAFLOW = 'apache_beam.runners.dataflow.internal.apiclient'


def main() -> None:
  """Makes the runner and an empty pipeline, which is not run."""
  options = pipeline_options.PipelineOptions(sys.argv[1:])
  name = options.view_as(pipeline_options.StandardOptions).runner
  try:
    runner = runners.create_runner(name)
    if type(runner).__name__ == 'DataflowRunner':
      _require_client()
    apache_beam.Pipeline(runner=runner, options=options)
  except (ValueError, ImportError, AttributeError) as error:
    sys.exit(' '.join(str(error).split()))


def _require_client() -> None:
  try:
    importlib.import_module(_DATAFLOW)
  except ImportError as error:
    raise ImportError(
      "Dataflow's client is not installed: pip install 'apache-beam[gcp]'"
    ) from error


if __name__ == '__main__':
  main()
