"""Compiles programs for 8 fake devices; prints what is counted in them as JSON.

Run by `test_communication.py` in a process of its own, since the number of
devices is fixed when jax starts.
"""

import dataclasses
import functools
import json
import sys

import jax
import jax.numpy as jnp
import numpy as np

from distill_jax import batch as batch_lib
from distill_jax.methods import finetune
from distill_jax.models import t5
from distill_jax.students import encoder_decoder
from distill_jax.training import (
  communication,
  optimizers,
  partition,
  phases,
)
from distill_jax.training import step as step_lib

TURNS, INNER = 5, 3
_CONFIG = t5.T5Config(
  vocab_size=128,
  emb_dim=32,
  num_heads=4,
  head_dim=8,
  mlp_dim=64,
  num_encoder_layers=3,
  num_decoder_layers=3,
  dropout_rate=0.0,
)


def _loop() -> str:
  """Returns a program that sums and gathers in every turn of two loops."""
  mesh = jax.make_mesh((8,), ('all',))
  spec = jax.sharding.PartitionSpec

  def inner(carry, x):
    return carry + jax.lax.psum(x, 'all').sum(), None

  def outer(carry, x):
    whole = jax.lax.all_gather(jnp.sin(x[0]), 'all')
    carry, _ = jax.lax.scan(inner, carry + (whole**2).sum(), x)
    return carry, None

  @jax.jit
  @functools.partial(
    jax.shard_map, mesh=mesh, in_specs=spec('all'), out_specs=spec('all')
  )
  def run(x):
    start = jax.lax.pcast(jnp.zeros(()), 'all', to='varying')
    return jax.lax.scan(outer, start, x)[0][None]

  given = jax.ShapeDtypeStruct(
    (8 * TURNS, INNER, 4),
    np.float32,
    sharding=jax.sharding.NamedSharding(mesh, spec('all')),
  )
  return run.lower(given).compile().as_text()


def _step(mesh: jax.sharding.Mesh, **changed) -> tuple[str, int]:
  """Returns the program of a step of a small T5, and how many arrays are cut.

  Of each of these the devices add up the squares of its gradient.
  """
  config = dataclasses.replace(_CONFIG, **changed)
  student = encoder_decoder.EncoderDecoder(config=config)
  update = phases.Update(
    network='student',
    objective=finetune.Finetune(student=student),
    optimizer=optimizers.AdamW(),
  )
  transform = update.optimizer.build(1)
  own = partition.abstract_parameters(mesh, student)
  moments = partition.init_optimizer(mesh, transform, own)
  places = jax.tree.map(lambda x: x.sharding, (own, moments))
  step = step_lib.make(update, transform, 1, places)
  batch = partition.put_batch(mesh, _batch())
  rest = jax.random.key(0), np.uint32(0), np.float32(1)
  program = step.lower(own, moments, {}, batch, *rest).compile().as_text()
  cut = [x for x in jax.tree.leaves(own) if not x.sharding.is_fully_replicated]
  return program, len(cut)


def _batch(rows: int = 16) -> batch_lib.Batch:
  ids = lambda *shape: np.ones((rows, *shape), np.int32)
  return batch_lib.Batch(
    label_inputs=ids(12),
    label_targets=ids(8),
    rationale_inputs=ids(12),
    questions=ids(12),
    positives=ids(1, 8),
    negatives=ids(0, 8),
    positive_valid=np.ones((rows, 1), bool),
    negative_valid=np.ones((rows, 0), bool),
    weights=np.ones(rows, np.float32),
    example_index=np.arange(rows, dtype=np.int32),
  )


def _counted(program: str) -> dict[str, dict[str, int]]:
  found = communication.counted(program)
  return {
    'results': communication.results(found),
    'sent': communication.sent(found),
  }


def _main() -> None:
  report = {'devices': len(jax.devices()), 'loop': _counted(_loop())}
  for data, model in ((8, 1), (4, 2)):
    mesh = partition.Mesh(data=data, model=model).build()
    for scanned in (False, True):
      name = f'{(data, model)} {"scanned" if scanned else "unrolled"}'
      program, cut = _step(mesh, scan_layers=scanned)
      report[name] = {**_counted(program), 'cut': cut}
  json.dump(report, sys.stdout)


if __name__ == '__main__':
  _main()
