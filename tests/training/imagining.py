"""Plans a small run on meshes of 8 devices, and prints what is told as JSON.

Run by `test_imagined_plan.py` in a process of its own, since the number of
devices is fixed when jax starts. It has the devices by the option of the
command line.
"""

import argparse
import json
import sys

import jax

from distill_jax.cli import imagined, loading
from distill_jax.training import imagined_plan
from distill_jax.training.memory import need, plan, planned

_FILES = ['dss_tiny.gin', 'parts/fully_sharded.gin']
_SIZES = {
  'MODEL_DIR': 'unused',
  'BATCH_SIZE': 64,
  'Lengths.inputs': 64,
  'Lengths.label': 8,
  'Lengths.rationale': 48,
  'T5Config.emb_dim': 128,
  'T5Config.mlp_dim': 512,
  'T5Config.vocab_size': 1024,
  'VOCAB_LIMIT': 'None',
  'T5Config.scan_layers': True,
}


def _run(files: list[str], **changed: object):
  bindings = {**_SIZES, **changed}
  pairs = [(name, str(value)) for name, value in bindings.items()]
  return loading.load(files, pairs)[0]


def _told(files: list[str], **changed: object) -> dict:
  """Returns bytes of a device, predicted and of the compiled program."""
  run = _run(files, **changed)
  mesh = run.mesh.build()
  (one,) = planned.updates(run, mesh)
  program = imagined_plan.compiled(run, one, mesh).memory_analysis()
  found = plan.of_update(
    run.networks, one.phase, one.update, one.batch, mesh, need.CPU
  )
  return {
    'parameters': found.parameters,
    'predicted': found.total,
    'compiled': program.argument_size_in_bytes
    + program.temp_size_in_bytes
    + program.output_size_in_bytes
    - program.alias_size_in_bytes,
  }


def _main() -> None:
  imagined.imagine(argparse.Namespace(devices=8), dry_run=True)
  report = {
    'devices': len(jax.devices()),
    'shared': _told(_FILES[:1]),
    'fully sharded': _told(_FILES),
    'tensor parallel': imagined_plan.rows(
      _run(_FILES[:1], **{'Mesh.model': 4})
    ),
  }
  json.dump(report, sys.stdout)


if __name__ == '__main__':
  _main()
