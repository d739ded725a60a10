"""The memory of a step against that of the compiled program."""

import dataclasses
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from distill_jax import batch as batch_lib
from distill_jax.critics import discriminator
from distill_jax.methods import finetune, qcrd, quality, step_by_step
from distill_jax.models import t5
from distill_jax.students import encoder_decoder
from distill_jax.training import optimizers, phases
from distill_jax.training import step as step_lib
from distill_jax.training.memory import need

# Memory does not depend on how well the machine code is optimised.
_QUICKLY = {
  'xla_backend_optimization_level': '0',
  'xla_llvm_disable_expensive_passes': 'True',
}
_CONFIG = t5.T5Config(
  vocab_size=1024,
  emb_dim=64,
  num_heads=4,
  head_dim=16,
  mlp_dim=256,
  num_encoder_layers=2,
  num_decoder_layers=2,
  scan_layers=True,
)


def _batch(rows: int, inputs: int, label: int, rationale: int):
  ids = lambda *shape: jax.ShapeDtypeStruct((rows, *shape), jnp.int32)
  flags = lambda *shape: jax.ShapeDtypeStruct((rows, *shape), jnp.bool_)
  return batch_lib.Batch(
    label_inputs=ids(inputs),
    label_targets=ids(label),
    rationale_inputs=ids(inputs),
    questions=ids(inputs),
    positives=ids(2, rationale),
    negatives=ids(1, rationale),
    positive_valid=flags(2),
    negative_valid=flags(1),
    weights=jax.ShapeDtypeStruct((rows,), jnp.float32),
    example_index=ids(),
  )


def _roomy(rows: int, inputs: int, label: int, rationale: int):
  """The same where about half of the places hold tokens."""
  places = {
    'label_inputs': rows * inputs,
    'label_targets': rows * label,
    'rationale_inputs': rows * inputs,
    'questions': rows * inputs,
    'positives': rows * rationale,
    'negatives': rows * rationale // 2,
    'longest': rows * rationale,
  }
  rooms = tuple((name, batch_lib.Room(n // 2)) for name, n in places.items())
  return dataclasses.replace(
    _batch(rows, inputs, label, rationale), rooms=rooms
  )


def _compare(objective, networks, batch, accumulate=1, optimizer=None):
  """Returns predicted bytes and those of the compiled program.

  On the way, parameters and moments have to be replaced in their own bytes.
  """
  optimizer = optimizer or optimizers.AdamW()
  update = phases.Update(
    network='student', objective=objective, optimizer=optimizer
  )
  transform = optimizer.build(100)
  shapes = {
    name: jax.eval_shape(network.init, jax.random.key(0))
    for name, network in networks.items()
  }
  own = shapes.pop('student')
  given: tuple[Any, ...] = (own, jax.eval_shape(transform.init, own), shapes)
  step = step_lib.make(update, transform, accumulate)
  found = need.of_step(step, *given, batch)
  rest = (jax.eval_shape(jax.random.key, 0), jnp.uint32(0), jnp.float32(0))
  with warnings.catch_warnings():
    warnings.simplefilter('error')  # jax warns of donations it cannot use
    compiled = step.lower(*given, batch, *rest).compile(_QUICKLY)
  memory = compiled.memory_analysis()
  assert memory.alias_size_in_bytes >= found.parameters + found.moments
  held = memory.argument_size_in_bytes + memory.temp_size_in_bytes
  held += memory.output_size_in_bytes - memory.alias_size_in_bytes
  return found, held


def test_parameters_and_moments_are_those_of_the_arrays():
  student = _student()
  count = sum(
    leaf.size
    for leaf in jax.tree.leaves(jax.eval_shape(student.init, jax.random.key(0)))
  )
  objective = finetune.Finetune(student=student)
  update = phases.Update(
    network='student', objective=objective, optimizer=optimizers.AdamW()
  )
  transform = optimizers.AdamW().build(10)
  own = jax.eval_shape(student.init, jax.random.key(0))
  moments = jax.eval_shape(transform.init, own)
  found = need.of_step(
    step_lib.make(update, transform), own, moments, {}, _batch(2, 8, 8, 8)
  )
  assert found.parameters == 4 * count
  assert found.moments == pytest.approx(8 * count, abs=16)  # and counters


def _student(**changed):
  config = dataclasses.replace(_CONFIG, **changed)
  return encoder_decoder.EncoderDecoder(config=config)


_DSS, _FINETUNE = step_by_step.StepByStep, finetune.Finetune


def _slow(*case):
  return pytest.param(*case, marks=pytest.mark.slow)


@pytest.mark.parametrize(
  ('method', 'changed', 'sizes', 'accumulate'),
  [
    (_FINETUNE, {'emb_dim': 256, 'mlp_dim': 1024}, (2, 8, 8, 8), 1),
    (_DSS, {'remat': True}, (16, 128, 8, 64), 1),
    _slow(_FINETUNE, {}, (16, 64, 8, 32), 1),
    _slow(_FINETUNE, {'remat': True}, (64, 64, 8, 32), 1),
    _slow(_DSS, {'dropout_rate': 0.0}, (16, 32, 8, 64), 1),
    _slow(_DSS, {}, (32, 48, 8, 40), 4),
  ],
)
def test_within_a_tenth_of_the_compiled_program(
  method, changed, sizes, accumulate
):
  student = _student(**changed)
  found, held = _compare(
    method(student=student), {'student': student}, _batch(*sizes), accumulate
  )
  assert found.total == pytest.approx(held, rel=0.1)


@pytest.mark.parametrize('scan_layers', [True, False])
def test_a_little_less_where_gradients_are_clipped(scan_layers):
  # The program writes the clipped gradients beside the others.
  student = _student(emb_dim=256, mlp_dim=1024, scan_layers=scan_layers)
  objective = _FINETUNE(student=student)
  clipping = optimizers.AdamW(max_norm=1.0)
  batch = _batch(2, 8, 8, 8)
  found, held = _compare(
    objective, {'student': student}, batch, optimizer=clipping
  )
  assert 0.8 * held < found.total < held


@pytest.mark.slow
@pytest.mark.parametrize(
  ('method', 'sizes'), [(_DSS, (16, 128, 8, 64)), (_FINETUNE, (64, 64, 8, 32))]
)
def test_within_a_tenth_where_padding_is_left_out(method, sizes):
  student = _student()
  found, held = _compare(
    method(student=student), {'student': student}, _roomy(*sizes)
  )
  assert found.total == pytest.approx(held, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize('remat', [False, True])
@pytest.mark.parametrize(
  'batch', [_batch(16, 64, 8, 48), _roomy(16, 128, 8, 64)]
)
def test_within_a_tenth_where_layers_are_not_scanned(batch, remat):
  student = _student(scan_layers=False, remat=remat)
  found, held = _compare(_DSS(student=student), {'student': student}, batch)
  assert found.total == pytest.approx(held, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize('remat', [False, True])
def test_qcrd_within_a_tenth(remat):
  student = _student(remat=remat)
  critic = discriminator.Discriminator(config=_CONFIG)
  objective = qcrd.QCRD(student=student, quality=quality.Judged(critic=critic))
  networks = {'student': student, 'critic': critic}
  found, held = _compare(objective, networks, _batch(16, 64, 8, 48))
  assert found.total == pytest.approx(held, rel=0.1)
