"""Trains on every mesh of 8 fake devices and prints what came out as JSON.

Run by `test_sharding.py` in a process of its own, since the number of devices
is fixed when jax starts.
"""

import dataclasses
import json
import sys

import jax
import numpy as np
from etils import epath

from distill_jax import batch as batch_lib
from distill_jax.critics import discriminator
from distill_jax.data import rooms
from distill_jax.losses import ranking
from distill_jax.methods import qcrd, quality, step_by_step
from distill_jax.models import placement, t5
from distill_jax.students import encoder_decoder, sampling
from distill_jax.training import checkpoints, optimizers, partition, phases
from distill_jax.training import step as step_lib

STEPS = 20
MESHES = ((1, 1), (8, 1), (4, 2), (2, 4), (1, 8))
_FULLY_SHARDED = tuple(
  (name, 'data' if name == 'embed' else axis)
  for name, axis in placement.STANDARD
)
LAYOUTS = {
  **{
    str(shape): partition.Mesh(data=shape[0], model=shape[1])
    for shape in MESHES
  },
  **{
    f'{shape}, fully sharded': partition.Mesh(
      data=shape[0], model=shape[1], rules=_FULLY_SHARDED
    )
    for shape in ((8, 1), (4, 2))
  },
}
_ROWS, _SOURCE, _TARGET, _VOCAB = 16, 12, 16, 64
_CONFIG = t5.T5Config(
  vocab_size=_VOCAB,
  emb_dim=16,
  num_heads=8,
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


def _losses(method, layout):
  """Returns all terms of all steps, the parameters, and the compilations."""
  mesh = layout.build()
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
    batch = _roomy(_batch(number), layout.data)
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
  return found, {'params': params, 'optimizers': states}, compilations


def _distance(here, there):
  """Returns the largest relative distance of two networks' arrays."""
  pairs = zip(jax.tree.leaves(here), jax.tree.leaves(there))
  norms = [
    (np.linalg.norm(np.subtract(a, b)), np.linalg.norm(b)) for a, b in pairs
  ]
  return max(float(a / b) for a, b in norms if b)


def _held(tree):
  """Returns the share of a tree that one device holds.

  Without the positions' biases, whose 32 x 8 numbers are whole everywhere.
  """
  leaves = [
    leaf
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    if 'rel_embedding' not in jax.tree_util.keystr(path)
  ]
  mine = sum(leaf.addressable_shards[0].data.nbytes for leaf in leaves)
  return mine / sum(leaf.nbytes for leaf in leaves)


def _restored(folder, states):
  """Counts the pairs of layouts of which one restores what the other saved.

  Bit by bit, and where the other layout wants it.
  """
  for name, state in states.items():
    with checkpoints.opened(epath.Path(folder) / name, keep=1) as store:
      store.save(1, state)
  whole = 0
  for there in states:
    with checkpoints.opened(epath.Path(folder) / there) as store:
      for here, state in states.items():
        found = store.load(1, state)
        same = jax.tree.map(
          lambda a, b, c: (
            a.sharding == c.sharding
            and np.asarray(a).tobytes() == np.asarray(b).tobytes()
          ),
          found,
          states[there],
          state,
        )
        whole += here != there and all(jax.tree.leaves(same))
  return whole


def _samples(params, layout):
  mesh = layout.build()
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


def _main(folder):
  report, states = {'devices': len(jax.devices())}, {}
  alone = LAYOUTS.pop(str(MESHES[0]))
  for method in ('dss', 'qcrd'):
    single, reference, _ = _losses(method, alone)
    for name, layout in LAYOUTS.items():
      losses, state, compilations = _losses(method, layout)
      errors = np.abs(np.subtract(losses, single)) / np.abs(single)
      report[f'{method} {name}'] = {
        'losses': float(np.nanmax(errors)),
        'parameters': _distance(
          jax.device_get(state['params']), jax.device_get(reference['params'])
        ),
        'finite': bool(np.isfinite(losses).all()),
        'moved': losses[-1] != losses[0],
        'compilations': compilations,
        'held': _held(state),
      }
      states[name] = state
  report['restored'] = _restored(folder, states)
  params = reference['params']['student']
  tokens = _samples(params, alone)
  for name, layout in LAYOUTS.items():
    same = tokens == _samples(params, layout)
    report[f'samples {name}'] = float(same[tokens > 0].mean())
  json.dump(report, sys.stdout)


if __name__ == '__main__':
  _main(sys.argv[1])
