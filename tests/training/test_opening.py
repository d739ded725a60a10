"""A run that starts from what another library wrote."""

import dataclasses
import shutil

import jax
import numpy as np
import pytest
from etils import epath

from distill_jax import convert
from distill_jax.models import t5
from distill_jax.students import encoder_decoder
from distill_jax.text import tokenizer_files, vocabulary
from distill_jax.training import (
  checkpoints,
  finished,
  initial,
  loop,
  opening,
  partition,
)
from tests import fake_devices, shared
from tests.training import small

models = pytest.importorskip('tests.weights.models')


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
  folder = tmp_path_factory.mktemp('saved')
  return folder, models.save(folder)


def _student(folder, **changes) -> encoder_decoder.EncoderDecoder:
  config = opening.configuration(str(folder))
  return encoder_decoder.EncoderDecoder(
    config=dataclasses.replace(config, **changes)
  )


def _logits(student, params, inputs, targets):
  network = t5.T5(student.config)
  return jax.jit(network.apply)({'params': params}, inputs, targets)


@pytest.mark.parametrize('scan_layers', [False, True])
def test_a_student_is_the_model_of_transformers(saved, scan_layers):
  folder, model = saved
  student = _student(folder, scan_layers=scan_layers)
  params = initial.FromCheckpoint(path=str(folder)).params(
    partition.Mesh().build(), student, jax.random.key(0)
  )
  fresh = student.init(jax.random.key(0))
  assert jax.tree.structure(params) == jax.tree.structure(fresh)
  inputs, targets = np.random.default_rng(0).integers(2, 97, (2, 3, 12))
  np.testing.assert_allclose(
    _logits(student, params, inputs, targets),
    models.logits(model, inputs, targets),
    rtol=0,
    atol=1e-4,
  )


def test_a_part_of_a_run_is_told_where_the_run_is(undisturbed):
  (step,) = (undisturbed / 'best').iterdir()
  for part in (step, undisturbed / 'best', undisturbed / 'checkpoints'):
    with pytest.raises(ValueError, match=f'part of a run; give {undisturbed}'):
      opening.kind(str(part))


def test_halves_are_cast_to_what_is_trained(saved, tmp_path):
  torch = pytest.importorskip('torch')
  folder, model = saved
  for dtype in (torch.bfloat16, torch.float16):
    half = tmp_path / str(dtype)
    models.load(folder).to(dtype).save_pretrained(half)
    params = initial.FromCheckpoint(path=str(half)).params(
      partition.Mesh().build(), _student(half), jax.random.key(0)
    )
    found = params['token_embedder']['embedding']
    assert found.dtype == np.float32
    expected = model.shared.weight.detach().to(dtype).float().numpy()
    np.testing.assert_array_equal(found, expected)
    assert {x.dtype for x in jax.tree.leaves(params)} == {found.dtype}


def test_another_network_stops_with_both_values(saved):
  folder, _ = saved
  student = _student(
    folder, mlp_activations=('silu', 'linear'), num_encoder_layers=4
  )
  with pytest.raises(ValueError, match=r'.') as caught:
    initial.FromCheckpoint(path=str(folder)).check(student)
  said = str(caught.value)
  assert said.startswith('INITIAL_CHECKPOINT: ')
  assert 'num_encoder_layers is 3 there and 4 in the run file' in said
  assert "mlp_activations is ('gelu', 'linear') there and ('silu'" in said


@pytest.mark.slow
def test_a_run_starts_alike_from_every_kind(undisturbed, data, tmp_path):
  kinds = {'run': undisturbed}
  for to in ('huggingface', 't5x'):
    kinds[to] = tmp_path / to
    convert.main(
      [f'--input={undisturbed}', f'--output={kinds[to]}', f'--to={to}']
    )
  rows = {}
  for name, path in kinds.items():
    run, config = small.load(tmp_path / f'from {name}', data, STEPS=2)
    run = dataclasses.replace(
      run, initial=initial.FromCheckpoint(path=str(path))
    )
    loop.train(run, config)
    rows[name] = small.losses(tmp_path / f'from {name}')
  assert rows['run'] == rows['huggingface'] == rows['t5x']


def test_ids_that_mean_other_pieces_are_refused(
  saved, undisturbed, data, tmp_path
):
  run, _ = small.load(undisturbed, data)
  folder = shutil.copytree(saved[0], tmp_path / 'theirs')
  source = initial.FromCheckpoint(path=str(folder))
  begun = dataclasses.replace(run, initial=source)
  begun.check_ids('student')  # it brings no vocabulary
  tokenizer_files.write(folder, run.source.vocabulary)
  begun.check_ids('student')
  path = shared.path('tokenizers', 't5_spiece.model')
  t5_vocabulary = vocabulary.Vocabulary(path=str(path), extra_ids=100)
  other = shutil.copytree(saved[0], tmp_path / 'other')
  tokenizer_files.write(other, t5_vocabulary)
  source = initial.FromCheckpoint(path=str(other))
  begun = dataclasses.replace(run, initial=source)
  with pytest.raises(ValueError, match=r"id 3 is .* and '▁'; set --gin.VOCAB"):
    begun.check_ids('student')


def test_a_run_that_diverged_is_no_start(undisturbed, data, tmp_path):
  run, _ = small.load(undisturbed, data)
  params = run.student.init(jax.random.key(0))
  params['decoder']['decoder_norm']['scale'] *= np.nan
  folder = epath.Path(tmp_path)
  with checkpoints.opened(folder / 'best', keep=1) as store:
    store.save(1, {'student': params}, finished.about(run.student))
  source = initial.FromCheckpoint(path=str(tmp_path))
  with pytest.raises(ValueError, match=r'decoder_norm/scale in .* NaN'):
    source.params(partition.Mesh().build(), run.student, jax.random.key(0))


_ON_DEVICES = """
import sys, jax, numpy as np
from distill_jax.students import encoder_decoder
from distill_jax.training import initial, opening, partition
folder = sys.argv[1]
student = encoder_decoder.EncoderDecoder(config=opening.configuration(folder))
source = initial.FromCheckpoint(path=folder)
mesh = partition.Mesh(data=2, model=4).build()
params = source.params(mesh, student, jax.random.key(0))
whole = source.params(
  partition.Mesh().build(), student, jax.random.key(0)
)
expected = partition.abstract_parameters(mesh, student)
cut = 0
for one, other, like in zip(*map(jax.tree.leaves, (params, whole, expected))):
  assert one.sharding == like.sharding and one.dtype == like.dtype
  np.testing.assert_array_equal(one, other)
  cut += one.addressable_shards[0].data.size < one.size
print(cut)
"""


def test_parameters_land_where_they_will_live(saved):
  assert int(fake_devices.printed('-c', _ON_DEVICES, str(saved[0]))) > 30
