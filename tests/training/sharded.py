"""Trains on every mesh of 8 fake devices and prints what came out as JSON.

Run by `test_sharding.py` in a process of its own, since the number of devices
is fixed when jax starts.
"""

import dataclasses
import json
import sys

import jax
import numpy as np

from distill_jax import batch as batch_lib
from distill_jax.critics import discriminator
from distill_jax.data import rooms
from distill_jax.losses import ranking
from distill_jax.methods import qcrd, quality, step_by_step
from distill_jax.models import t5
from distill_jax.students import encoder_decoder, sampling
from distill_jax.training import optimizers, partition, phases
from distill_jax.training import step as step_lib

STEPS = 20
MESHES = ((1, 1), (8, 1), (4, 2), (2, 4))
_ROWS, _SOURCE, _TARGET, _VOCAB = 16, 12, 16, 64
_CONFIG = t5.T5Config(
  vocab_size=_VOCAB,
  emb_dim=16,
  num_heads=4,
  head_dim=4,
  mlp_dim=32,
  num_encoder_layers=1,
  num_decoder_layers=1,
)
_STUDENT = encoder_decoder.EncoderDecoder(config=_CONFIG)
_CRITIC = discriminator.Discriminator(config=_CONFIG, hidden_dim=16)


def _texts(rng, shape, width, longest):
  """Returns ids padded to `width`; rows further down are longer."""
  ids = rng.integers(3, _VOCAB, (*shape, width))
  # The shards of a batch hold unequal numbers of tokens.
  reach = 2 + (longest - 2) * (1 + np.arange(shape[0])) // shape[0]
  lengths = rng.integers(
    2, reach.reshape(-1, *[1] * (len(shape) - 1)) + 1, shape
  )
  ids[np.arange(width) == lengths[..., None] - 1] = 1
  return np.where(np.arange(width) < lengths[..., None], ids, 0).astype(
    np.int32
  )


def _batch(step):
  rng = np.random.default_rng(step)
  # No row is full, so that there is padding to leave out.
  texts = lambda shape, width: _texts(rng, shape, width, width - 1)
  weights = np.ones(_ROWS, np.float32)
  weights[-3:] = 0.0
  positive_valid = rng.random((_ROWS, 3)) < 0.7
  positive_valid[0] = False
  return batch_lib.Batch(
    label_inputs=texts((_ROWS,), _SOURCE),
    label_targets=texts((_ROWS,), 8),
    rationale_inputs=texts((_ROWS,), _SOURCE),
    questions=texts((_ROWS,), _SOURCE),
    positives=texts((_ROWS, 3), _TARGET),
    negatives=texts((_ROWS, 2), _TARGET),
    positive_valid=positive_valid,
    negative_valid=rng.random((_ROWS, 2)) < 0.7,
    weights=weights,
    example_index=np.arange(_ROWS, dtype=np.int32),
  )


def _roomy(batch, parts):
  """Returns the batch with the same rooms in every step.

  One device works on the padding too, which must make no difference.
  """
  if parts == 1:
    return batch
  longest = {
    name: np.max([rooms.counts(_batch(step))[name] for step in range(STEPS)])
    for name in rooms.counts(batch)
  }
  return dataclasses.replace(
    batch,
    rooms=tuple(
      (name, batch_lib.Room(int(most) * _ROWS // parts, parts))
      for name, most in longest.items()
    ),
  )


def _updates(method):
  adam = lambda rate: optimizers.AdamW(schedule=optimizers.Fixed(rate=rate))
  if method == 'dss':
    objective = step_by_step.StepByStep(student=_STUDENT)
    return [
      phases.Update(
        network='student', objective=objective, optimizer=adam(1e-3)
      )
    ]
  return [
    phases.Update(
      network='student',
      objective=qcrd.QCRD(
        student=_STUDENT, quality=quality.Judged(critic=_CRITIC), margin=6.0
      ),
      optimizer=adam(1e-3),
    ),
    phases.Update(
      network='critic',
      objective=qcrd.Discrimination(
        critic=_CRITIC, loss=ranking.exponential_ratio
      ),
      optimizer=adam(1e-3),
    ),
  ]


def _losses(method, shape):
  """Returns all terms of all steps, the parameters, and the compilations."""
  mesh = partition.Mesh(data=shape[0], model=shape[1]).build()
  networks = {'student': _STUDENT, 'critic': _CRITIC}
  params = {
    name: partition.init_parameters(mesh, network, jax.random.key(1))
    for name, network in networks.items()
  }
  steps, states = {}, {}
  for update in _updates(method):
    transform = update.optimizer.build(STEPS)
    own = params[update.network]
    state = partition.init_optimizer(mesh, transform, own)
    places = jax.tree.map(lambda x: x.sharding, (own, state))
    steps[update.network] = step_lib.make(update, transform, places=places)
    states[update.network] = state
  found = []
  for number in range(STEPS):
    batch = _roomy(_batch(number), shape[0])
    batch = partition.put_batch(mesh, batch)
    for name, step in steps.items():
      others = {k: v for k, v in params.items() if k != name}
      params[name], states[name], terms = step(
        params[name],
        states[name],
        others,
        batch,
        jax.random.key(0),
        np.uint32(number),
        np.float32(1.0),
      )
      found += [float(term.value()) for _, term in sorted(terms.items())]
  compilations = max(step._cache_size() for step in steps.values())
  return found, params, compilations


def _distance(here, there):
  """Returns the largest relative distance of two networks' arrays."""
  pairs = zip(jax.tree.leaves(here), jax.tree.leaves(there))
  norms = [
    (np.linalg.norm(np.subtract(a, b)), np.linalg.norm(b)) for a, b in pairs
  ]
  return max(float(a / b) for a, b in norms if b)


def _samples(params, shape):
  mesh = partition.Mesh(data=shape[0], model=shape[1]).build()
  shardings = partition.parameter_shardings(mesh, _STUDENT)
  params = jax.device_put(jax.device_get(params), shardings)
  way = sampling.Temperature(temperature=1.5, max_tokens=_TARGET)

  @jax.jit
  def write(params, inputs, rows):
    encoded = _STUDENT.encode(params, inputs)
    return _STUDENT.sample(params, encoded, way, jax.random.key(5), rows)

  written = [
    write(
      params,
      *partition.put_batch(mesh, (batch.rationale_inputs, batch.example_index)),
    )
    for batch in map(_batch, range(8))
  ]
  return np.concatenate([np.asarray(tokens) for tokens in written])


def _main():
  report = {'devices': len(jax.devices())}
  for method in ('dss', 'qcrd'):
    single, reference, _ = _losses(method, MESHES[0])
    for shape in MESHES[1:]:
      losses, params, compilations = _losses(method, shape)
      errors = np.abs(np.subtract(losses, single)) / np.abs(single)
      report[f'{method} {shape}'] = {
        'losses': float(np.nanmax(errors)),
        'parameters': _distance(
          jax.device_get(params), jax.device_get(reference)
        ),
        'finite': bool(np.isfinite(losses).all()),
        'moved': losses[-1] != losses[0],
        'compilations': compilations,
      }
  tokens = _samples(reference['student'], MESHES[0])
  for shape in MESHES[1:]:
    same = tokens == _samples(reference['student'], shape)
    report[f'samples {shape}'] = float(same[tokens > 0].mean())
  json.dump(report, sys.stdout)


if __name__ == '__main__':
  _main()
