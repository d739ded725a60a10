"""OPT against transformers': numbers, texts, folders, and what is no OPT."""

import dataclasses
import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from distill_jax.models import opt, repeat
from distill_jax.students import decoder_only, sampling
from distill_jax.text import reserved
from distill_jax.weights import hugging_face, hugging_face_writing, template
from tests.weights import trees

opts = pytest.importorskip('tests.weights.opts')
torch, transformers = opts.torch, opts.transformers

_FC2 = 'model.decoder.layers.1.fc2.weight'


@pytest.fixture(params=list(opts.FORMS), scope='module')
def pair(request, tmp_path_factory):
  folder = tmp_path_factory.mktemp('opt')
  model = opts.save(folder, request.param)
  return model, hugging_face.read(folder), folder


def _rows(size: int, lengths: tuple[int, ...], width: int) -> np.ndarray:
  """Our ids: x1 .. xn EOS, then padding."""
  rng = np.random.default_rng(7)
  rows = np.zeros((len(lengths), width), int)
  for row, length in zip(rows, lengths):
    row[: length - 1] = rng.integers(3, size, length - 1)
    row[length - 1] = 1
  return rows


def _student(weights) -> tuple[decoder_only.DecoderOnly, dict]:
  student = decoder_only.DecoderOnly(config=weights.config)
  return student, trees.tree(weights)


def test_logits_of_a_text_equal_transformers(pair):
  model, weights, _ = pair
  size = weights.config.vocab_size
  ids = np.random.default_rng(0).integers(0, size, (3, 30))
  with torch.no_grad():
    theirs = reserved.to_theirs(size)[ids]
    expected = model(input_ids=torch.tensor(theirs)).logits.numpy()
  expected = expected[..., reserved.to_theirs(size)]
  assert np.abs(expected).max() > 2.0, 'too small to tell a difference'
  tree = trees.tree(weights)
  scanned = dataclasses.replace(weights.config, scan_layers=True, remat=True)
  for config, params in (
    (weights.config, tree),
    (scanned, repeat.stack(tree)),
  ):
    ours = jax.jit(opt.OPT(config).apply)({'params': params}, ids)
    assert ours.dtype == jnp.float32
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-4)


def _joined(prompt: np.ndarray, target: np.ndarray, size: int) -> list[int]:
  """A prompt and its target as OPT has them, by its own ids."""
  prompt, target = prompt[prompt > 1], target[target > 0]
  return reserved.to_theirs(size)[[1, *prompt, *target]].tolist()


@pytest.mark.parametrize('scan', [False, True])
def test_logits_behind_prompts_of_unequal_length(pair, scan):
  model, weights, _ = pair
  size = weights.config.vocab_size
  inputs = _rows(size, (12, 5, 1, 9), 12)
  targets = _rows(size, (7, 4, 6, 1), 8)
  student, params = _student(weights)
  if scan:
    config = dataclasses.replace(weights.config, scan_layers=True)
    student = decoder_only.DecoderOnly(config=config)
    params = repeat.stack(params)
  encoded = jax.jit(student.encode)(params, inputs)
  ours = jax.jit(student.logits)(params, encoded, targets)
  nats = jax.jit(student.nll)(params, encoded, targets).nats
  for row in range(len(inputs)):
    ids = _joined(inputs[row], targets[row], size)
    with torch.no_grad():
      expected = model(input_ids=torch.tensor([ids])).logits[0]
    count = int((targets[row] > 0).sum())
    behind = expected[-1 - count : -1]
    np.testing.assert_allclose(
      ours[row, :count],
      behind.numpy()[:, reserved.to_theirs(size)],
      rtol=0,
      atol=1e-4,
    )
    loss = torch.nn.functional.cross_entropy(
      behind, torch.tensor(ids[-count:]), reduction='none'
    )
    np.testing.assert_allclose(nats[row, :count], loss, rtol=0, atol=1e-4)
    assert not np.any(nats[row, count:])


def test_greedy_texts_equal_generates(pair):
  model, weights, _ = pair
  size = weights.config.vocab_size
  inputs = _rows(size, (12, 5, 1, 9), 12)
  student, params = _student(weights)
  encoded = jax.jit(student.encode)(params, inputs)
  write = jax.jit(student.sample, static_argnums=2)
  written = write(params, encoded, sampling.Greedy(max_tokens=16))
  expected = _generated(model, inputs, size)
  assert any(1 in row for row in expected), 'some text should end by itself'
  np.testing.assert_array_equal(written, expected)
  beam = sampling.Beam(max_tokens=16, width=3)
  np.testing.assert_array_equal(
    write(params, encoded, beam),
    _generated(model, inputs, size, num_beams=3),
  )


def _generated(model, inputs: np.ndarray, size: int, **settings) -> np.ndarray:
  """What transformers writes, by our ids; it pads at the left."""
  prompts = [_joined(row, row[:0], size) for row in inputs]
  width = max(map(len, prompts))
  ids = torch.tensor([[1] * (width - len(p)) + p for p in prompts])
  mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
  out = model.generate(
    input_ids=ids,
    attention_mask=mask,
    max_new_tokens=16,
    do_sample=False,
    suppress_tokens=[1],  # padding, which our students never write
    **settings,
  )[:, width:].numpy()
  out = np.pad(out, ((0, 0), (0, 16 - out.shape[1])), constant_values=1)
  return reserved.to_ours(size)[out]


def test_there_and_back_and_the_same_texts(pair, tmp_path):
  model, weights, folder = pair
  hugging_face_writing.write(tmp_path, weights.config, weights.tensors)
  before = safetensors.numpy.load_file(folder / 'model.safetensors')
  after = safetensors.numpy.load_file(tmp_path / 'model.safetensors')
  before.pop('lm_head.weight', None)
  assert before.keys() == after.keys()
  for name, array in before.items():
    assert array.tobytes() == after[name].tobytes(), name
  size = weights.config.vocab_size
  inputs = _rows(size, (6, 9), 10)
  np.testing.assert_array_equal(
    _generated(opts.load(tmp_path), inputs, size),
    _generated(model, inputs, size),
  )
  assert hugging_face.read(tmp_path).config == weights.config


def test_older_names_and_a_copy_for_the_logits(tmp_path):
  model = opts.save(tmp_path / 'new')
  old = tmp_path / 'old'
  old.mkdir()
  config = (tmp_path / 'new' / 'config.json').read_text()
  (old / 'config.json').write_text(config)
  state = {
    name.removeprefix('model.'): tensor
    for name, tensor in model.state_dict().items()
  }
  assert 'lm_head.weight' in state
  torch.save(state, old / 'pytorch_model.bin')
  new = hugging_face.read(tmp_path / 'new').tensors
  for name, tensor in hugging_face.read(old).tensors.items():
    np.testing.assert_array_equal(tensor.read(), new[name].read())
  state['lm_head.weight'] = state['lm_head.weight'] + 1
  torch.save(state, old / 'pytorch_model.bin')
  with pytest.raises(ValueError, match=r'lm_head.weight in .* differs from'):
    hugging_face.read(old)


def test_missing_and_left_over_tensors(tmp_path):
  opts.save(tmp_path)
  path = tmp_path / 'model.safetensors'
  tensors = safetensors.numpy.load_file(path)
  less = {name: array for name, array in tensors.items() if name != _FC2}
  safetensors.numpy.save_file(less, path)
  with pytest.raises(ValueError, match=f'lacks {_FC2}, expected .* whole OPT'):
    hugging_face.read(tmp_path)
  more = tensors | {'adapter.a': np.zeros((2, 2), np.float32)}
  safetensors.numpy.save_file(more, path)
  with pytest.raises(ValueError, match=r'holds adapter.a in .* one OPT and no'):
    hugging_face.read(tmp_path)


@pytest.mark.parametrize(
  ('fields', 'said'),
  [
    ({'activation_function': 'gelu'}, "activation_function is 'gelu'"),
    ({'enable_bias': False}, 'enable_bias is False, expected True'),
    ({'_remove_final_layer_norm': True}, 'final_layer_norm is True, expected'),
    ({'tie_word_embeddings': False}, 'tie_word_embeddings is False'),
    ({'pad_token_id': 0}, 'pad_token_id is 0, expected 1'),
    ({'ffn_dim': None}, 'ffn_dim is None, expected a whole number'),
    ({'num_attention_heads': 5}, 'expected a multiple of num_heads = 5'),
    ({'do_layer_norm_before': False}, 'model.decoder.final_layer_norm.weight'),
  ],
)
def test_a_configuration_of_another_network(tmp_path, fields, said):
  opts.save(tmp_path)
  path = tmp_path / 'config.json'
  path.write_text(json.dumps(json.loads(path.read_text()) | fields))
  with pytest.raises(ValueError, match=said):
    hugging_face.read(tmp_path)


_350M = {
  'hidden_size': 1024,
  'num_hidden_layers': 24,
  'ffn_dim': 4096,
  'num_attention_heads': 16,
  'word_embed_proj_dim': 512,
  'do_layer_norm_before': False,
}
_1_3B = {
  'hidden_size': 2048,
  'num_hidden_layers': 24,
  'ffn_dim': 8192,
  'num_attention_heads': 32,
  'word_embed_proj_dim': 2048,
}


@pytest.mark.parametrize(
  ('sizes', 'count'), [(_350M, 331_196_416), (_1_3B, 1_315_758_080)]
)
def test_full_sizes(tmp_path, sizes, count):
  with torch.device('meta'):
    theirs = transformers.OPTForCausalLM(transformers.OPTConfig(**sizes))
  path = tmp_path / 'config.json'
  theirs.config.to_json_file(path)
  family = hugging_face.families.named(str(path), 'opt')
  config = family.read(path, json.loads(path.read_text()))
  shapes = template.shapes(config).values()
  assert sum(map(math.prod, shapes)) == count
  assert sum(weight.numel() for weight in theirs.parameters()) == count
