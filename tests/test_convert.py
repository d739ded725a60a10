"""The entry that turns one kind of checkpoint into another."""

import json
import os
import pathlib
import signal
import subprocess
import sys

import jax
import numpy as np
import pytest
import safetensors.numpy
from flax import serialization

from distill_jax import convert
from distill_jax.models import t5
from distill_jax.weights import (
  contents,
  families,
  hugging_face,
  hugging_face_config,
  template,
)
from tests import shared

models = pytest.importorskip('tests.weights.models')
transformers = pytest.importorskip('transformers')


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
  folder = tmp_path_factory.mktemp('saved') / 'theirs'
  models.save(folder, '1.1')
  return folder


def _convert(source, output, to: str, *more: str) -> None:
  convert.main([f'--input={source}', f'--output={output}', f'--to={to}', *more])


def _mistake(capsys, *argv: str) -> str:
  with pytest.raises(SystemExit) as caught:
    convert.main(argv)
  assert caught.value.code in (1, 2)
  said = capsys.readouterr().err
  assert said.startswith('distill_jax.convert: ')
  assert said.count('\n') == 1
  return said


def _tensors(folder: pathlib.Path) -> dict[str, np.ndarray]:
  return safetensors.numpy.load_file(folder / 'model.safetensors')


def test_round_through_every_kind_every_byte_is_kept(saved, tmp_path, capsys):
  _convert(saved, tmp_path / 't5x', 't5x', '--check')
  _convert(tmp_path / 't5x', tmp_path / 'run', 'orbax', '--check')
  _convert(tmp_path / 'run', tmp_path / 'ours', 'huggingface', '--check')
  said = capsys.readouterr().out
  assert said.count('61 tensors read again, all equal') == 3
  before, after = _tensors(saved), _tensors(tmp_path / 'ours')
  assert before.keys() == after.keys()
  for name, array in before.items():
    assert array.tobytes() == after[name].tobytes()
  inputs, targets = np.random.default_rng(0).integers(2, 97, (2, 3, 12))
  np.testing.assert_array_equal(
    models.logits(models.load(saved), inputs, targets),
    models.logits(models.load(tmp_path / 'ours'), inputs, targets),
  )


@pytest.mark.parametrize('to', ['huggingface', 't5x', 'orbax'])
def test_a_dtype_is_cast_to(saved, tmp_path, to):
  torch = pytest.importorskip('torch')
  half = tmp_path / 'half'
  _convert(saved, half, to, '--dtype=bfloat16', '--check')
  _convert(half, tmp_path / 'back', 'huggingface', '--dtype=float32')
  after = _tensors(tmp_path / 'back')
  for name, array in _tensors(saved).items():
    expected = torch.tensor(array).bfloat16().float().numpy()
    np.testing.assert_array_equal(after[name], expected)


def test_the_real_checkpoint_gives_transformers_the_same_logits(tmp_path):
  path = shared.path('t5x_tiny', 'test_t5_tiny.checkpoint_0')
  vocabulary = shared.path('tokenizers', 't5_spiece.model')
  _convert(
    path,
    tmp_path / 'theirs',
    'huggingface',
    '--activations=gelu,linear',
    f'--vocabulary={vocabulary}',
    '--check',
  )
  model = models.load(tmp_path / 'theirs')
  assert sum(one.numel() for one in model.parameters()) == 518_240
  tree = serialization.msgpack_restore(path.read_bytes())
  network = t5.T5(hugging_face.read(tmp_path / 'theirs').config)
  inputs, targets = np.random.default_rng(0).integers(2, 32_000, (2, 4, 20))
  ours = jax.jit(network.apply)(
    {'params': tree['optimizer']['target']}, inputs, targets
  )
  # In float32 transformers is itself off by more than 1e-5 here and there.
  theirs = models.logits(model.double(), inputs, targets)
  assert np.abs(theirs).max() > 0.1
  np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)

  tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / 'theirs')
  golden = json.loads(
    shared.path('tokenizers', 't5_golden_ids.json').read_text()
  )
  for text, ids, _ in golden:
    assert tokenizer(text).input_ids == ids
  card = (tmp_path / 'theirs' / 'README.md').read_text()
  assert '32,100 ids in a table of 32,128 rows' in card

  _convert(
    path, tmp_path / 't5x', 't5x', '--activations=gelu,linear', '--check'
  )
  _convert(tmp_path / 't5x', tmp_path / 'again', 'huggingface')
  before, after = _tensors(tmp_path / 'theirs'), _tensors(tmp_path / 'again')
  for name, array in before.items():
    assert array.tobytes() == after[name].tobytes()


def test_companions_of_a_folder_go_along(saved, tmp_path, capsys):
  source = tmp_path / 'source'
  source.mkdir()
  for path in saved.iterdir():
    (source / path.name).write_bytes(path.read_bytes())
  (source / 'generation_config.json').write_text('{"num_beams": 4}')
  (source / 'tokenizer.json').write_text('{}')
  (source / 'training_args.bin').write_text('of somebody else')
  _convert(source, tmp_path / 'ours', 'huggingface')
  ours = tmp_path / 'ours'
  assert (ours / 'generation_config.json').read_text() == '{"num_beams": 4}'
  assert (ours / 'tokenizer.json').exists()
  assert not (ours / 'training_args.bin').exists()
  _convert(source, tmp_path / 't5x', 't5x')
  assert f'--gin.VOCABULARY={source}' in capsys.readouterr().out


def test_an_output_that_is_there_is_left_alone(saved, tmp_path, capsys):
  (tmp_path / 'mine').mkdir()
  (tmp_path / 'mine' / 'thesis.tex').write_text('all of it')
  for to in ('huggingface', 't5x', 'orbax'):
    said = _mistake(
      capsys, f'--input={saved}', f'--output={tmp_path}/mine', f'--to={to}'
    )
    assert 'mine exists already; nothing is overwritten' in said
  assert [one.name for one in (tmp_path / 'mine').iterdir()] == ['thesis.tex']


@pytest.mark.parametrize(
  ('argv', 'said'),
  [
    (('--output=a', '--to=t5x'), '--input'),
    (('--input=SRC', '--to=t5x'), '--output is missing'),
    (('--input=SRC', '--output=a'), '--to is missing'),
    (('--input=SRC', '--output=a', '--to=onnx'), "invalid choice: 'onnx'"),
    (('--input=SRC', '--output=a', '--to=t5x', '--dtype=float16'), 'float16'),
    (('--input=/absent', '--output=a', '--to=t5x'), '/absent does not exist'),
    (('--input=SRC/..', '--output=a', '--to=t5x'), 'no checkpoint that is'),
    (('--input=SRC', '--output=gs://b/a', '--to=orbax'), 'only --to=t5x'),
    (('--input=SRC', '--dry_run', '--devices=0'), '--devices=0'),
    (('--input=SRC', '--output=a', '--to=t5x', '--checks'), '--checks'),
  ],
)
def test_a_wrong_command_line_is_one_line(
  argv, said, saved, tmp_path, monkeypatch, capsys
):
  monkeypatch.chdir(tmp_path)
  argv = [one.replace('SRC', str(saved)) for one in argv]
  assert said in _mistake(capsys, *argv)
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('to', ['huggingface', 't5x', 'orbax'])
def test_nothing_half_written_is_left_behind(saved, tmp_path, to, capsys):
  source, output = tmp_path / 'source', tmp_path / 'out' / 'output'
  source.mkdir()
  (source / 'config.json').write_bytes((saved / 'config.json').read_bytes())
  tensors = _tensors(saved)
  last = sorted(tensors)[-1]
  tensors[last] = np.full_like(tensors[last], np.nan)
  safetensors.numpy.save_file(tensors, source / 'model.safetensors')
  argv = [f'--input={source}', f'--output={output}', f'--to={to}']
  said = _mistake(capsys, *argv)
  assert last in said
  assert f'{source}/model.safetensors holds nan at [0' in said
  assert not output.parent.exists()


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_behind(saved, tmp_path, stop):
  # The process is stopped by itself in the middle of the tensors.
  code = f"""
import os, signal
from distill_jax import convert
from distill_jax.weights import contents
signal.signal(signal.SIGINT, signal.default_int_handler)
read, left = contents.Tensor.read, [30]
def stopping(self, dtype=None):
  left[0] -= 1
  if not left[0]:
    os.kill(os.getpid(), {int(stop)})
  return read(self, dtype)
contents.Tensor.read = stopping
convert.main(['--input={saved}', '--output={tmp_path}/out', '--to=huggingface'])
"""
  done = subprocess.run(
    [sys.executable, '-c', code],
    env={**os.environ, 'JAX_PLATFORMS': 'cpu'},
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode in (130, 143), done.stderr
  assert 'Traceback' not in done.stderr
  assert not list(tmp_path.iterdir())


def test_a_damaged_copy_is_found(saved, tmp_path, capsys, monkeypatch):
  read = contents.Tensor.read

  def flipped(self, dtype=None):
    array = read(self, dtype).copy()
    if str(tmp_path) in self.place:
      array.flat[0] += 1
    return array

  monkeypatch.setattr(contents.Tensor, 'read', flipped)
  argv = (f'--input={saved}', f'--output={tmp_path}/out', '--to=huggingface')
  assert 'differs from' in _mistake(capsys, *argv, '--check')


def _xxl() -> dict:
  """What the config.json of T5 1.1 XXL says."""
  return {
    'model_type': 't5',
    'vocab_size': 32128,
    'd_model': 4096,
    'd_kv': 64,
    'd_ff': 10240,
    'num_heads': 64,
    'num_layers': 24,
    'feed_forward_proj': 'gated-gelu',
    'tie_word_embeddings': False,
  }


def test_the_largest_t5_is_planned_without_its_weights(tmp_path, capsys):
  (tmp_path / 'config.json').write_text(json.dumps(_xxl()))
  convert.main([f'--input={tmp_path}', '--dry_run', '--devices=8'])
  said = capsys.readouterr().out
  assert 'no weights are here yet' in said
  assert '11,135,332,352 parameters in 558 tensors of float32' in said
  assert '44,541,329,408 bytes (41.48 GiB)' in said
  # Norms are whole on each device, all else is cut into eight.
  norms = 4096 * (24 * 2 + 24 * 3 + 2)
  held = (11_135_332_352 - norms) // 8 + norms
  assert f'on each of 8 devices {held * 4:,} bytes' in said
  row = next(line for line in said.splitlines() if 'wi_0' in line)
  assert '24  4,096 x 10,240' in row
  assert '4,096 x 1,280' in row


def test_a_plan_reads_headers_and_no_numbers(tmp_path, capsys):
  # A file as large as the checkpoint, of which only the header is written.
  said = {**_xxl(), 'd_model': 1024, 'd_ff': 2816, 'num_heads': 16}
  (tmp_path / 'config.json').write_text(json.dumps(said))
  config = hugging_face_config.read(tmp_path / 'config.json')
  kind, header, end = families.of(config), {}, 0
  for name, shape in template.shapes(config).items():
    shape = shape[::-1] if kind.transposed(name) else shape
    start, end = end, end + 4 * int(np.prod(shape))
    header[kind.theirs(name)] = {
      'dtype': 'F32',
      'shape': shape,
      'data_offsets': [start, end],
    }
  text = json.dumps(header).encode()
  with open(tmp_path / 'model.safetensors', 'wb') as file:
    file.write(len(text).to_bytes(8, 'little') + text)
    file.truncate(8 + len(text) + end)
  convert.main([f'--input={tmp_path}', '--dry_run', '--to=orbax'])
  assert '783,150,080 parameters' in capsys.readouterr().out
