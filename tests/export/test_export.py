"""What goes along with the tensors, and what is said of it."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pytest
import safetensors.numpy

from distill_jax import convert
from distill_jax.export import card, kinds, origin
from distill_jax.text import (
  assisted,
  joint,
  prompts,
  tokenizer_files,
  vocabulary,
)
from distill_jax.training import opening
from tests import shared

models = pytest.importorskip('tests.weights.models')
transformers = pytest.importorskip('transformers')

_TRAINED = origin.Trained(
  name='my run',
  methods=('QCRD',),
  data='records (shop)',
  prompts=prompts.Prompts(label="What's it? ", rationale='Why? '),
  rationales=True,
  max_inputs=100,
  max_tokens=40,
  vocab_limit=90,
  dtype='bfloat16',
  results=(
    {
      'split': 'test',
      'step': 1200,
      'num_examples': 200,
      'accuracy': 0.5,
      'low': 0.43,
      'high': 0.57,
    },
  ),
)


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
  """A random T5 whose rows are those of the embedded vocabulary and more."""
  folder = tmp_path_factory.mktemp('saved') / 'theirs'
  models.save(folder)
  return folder


@pytest.fixture
def folder(saved, tmp_path):
  return pathlib.Path(shutil.copytree(saved, tmp_path / 'theirs'))


def _convert(source, output, to: str, *more: str) -> None:
  convert.main([f'--input={source}', f'--output={output}', f'--to={to}', *more])


def _mistake(capsys, *argv: str) -> str:
  with pytest.raises(SystemExit):
    convert.main(argv)
  said = capsys.readouterr().err
  assert said.count('\n') == 1
  return said


def test_a_student_never_writes_beyond_its_limit(saved, tmp_path):
  weights = opening.weights(str(saved))
  known = origin.Origin(place='my run', trained=_TRAINED)
  network = origin.Network(weights, known)
  kinds.write(kinds.HuggingFace(), str(tmp_path / 'out'), network, None)
  said = json.loads((tmp_path / 'out' / 'generation_config.json').read_text())
  assert said['suppress_tokens'] == [0, *range(90, 97)]
  assert said['max_new_tokens'] == 40
  model = models.load(tmp_path / 'out')
  assert model.generation_config.suppress_tokens == said['suppress_tokens']


def test_the_card_names_run_data_method_and_scores(saved):
  config = opening.weights(str(saved)).config
  text = card.text(origin.Origin(place='x', trained=_TRAINED), config)
  assert '# my run\n' in text
  assert 'run `my run` of distill_jax: data set `records (shop)`' in text
  assert 'method QCRD' in text
  assert '| test | 1,200 | 200 | 50.0% | 43.0% to 57.0% |' in text
  assert 'computing in bfloat16' in text
  assert "It answers a question behind the prefix `What's it? `" in text
  code = text.split('```python\n')[1].split('```')[0]
  compile(code, 'card', 'exec')
  assert 'question = "What\'s it? Tom has 3 pens and ..."' in code


@pytest.mark.parametrize(
  ('asked', 'said'),
  [
    (joint.RationaleThenLabel(), 'the label behind the last `Answer:` of what'),
    (assisted.RationaleAsInput(), "shown the teacher's rationale too, behind"),
  ],
)
def test_the_card_says_how_other_students_are_asked(saved, asked, said):
  trained = dataclasses.replace(_TRAINED, prompts=asked)
  config = opening.weights(str(saved)).config
  text = card.text(origin.Origin(place='x', trained=trained), config)
  assert said in text


def test_the_card_of_a_converted_network_claims_no_training(saved):
  config = opening.weights(str(saved)).config
  text = card.text(origin.Origin(place='google/flan-t5-base'), config)
  assert '# flan-t5-base\n' in text
  assert 'has converted it from `google/flan-t5-base`' in text
  assert 'tags: [t5]' in text
  assert 'Scores' not in text


def _with_tokenizer(folder: pathlib.Path) -> pathlib.Path:
  """Gives a folder the tokenizer of T5, whose ids no small model has."""
  path = shared.path('tokenizers', 't5_spiece.model')
  t5 = vocabulary.Vocabulary(path=str(path), extra_ids=100)
  tokenizer_files.write(folder, t5)
  return folder


def test_a_tokenizer_of_another_network_is_refused(folder, tmp_path, capsys):
  _with_tokenizer(folder)
  output = tmp_path / 'out'
  said = _mistake(
    capsys, f'--input={folder}', f'--output={output}', '--to=huggingface'
  )
  assert '32,100 ids (100 of them extra ids) and the embedding 97 rows' in said
  assert not output.exists()


def test_a_tokenizer_that_nobody_can_check_is_copied_and_said(
  folder, tmp_path, capsys
):
  (folder / 'tokenizer.json').write_text('{}')
  _convert(folder, tmp_path / 'out', 'huggingface')
  assert 'nobody has checked it' in capsys.readouterr().out
  assert (tmp_path / 'out' / 'tokenizer.json').read_text() == '{}'


def test_another_vocabulary_replaces_the_tokenizer_alone(folder, tmp_path):
  (folder / 'tokenizer.json').write_text('{}')
  (folder / 'generation_config.json').write_text('{"num_beams": 7}')
  (folder / 'LICENSE').write_text('mine')
  small = tmp_path / 'small'
  small.mkdir()
  config = json.loads((folder / 'config.json').read_text())
  tensors = safetensors.numpy.load_file(folder / 'model.safetensors')
  for name in ('shared.weight', 'lm_head.weight'):
    tensors[name] = np.tile(tensors[name], (4, 1))
  safetensors.numpy.save_file(tensors, folder / 'model.safetensors')
  config['vocab_size'] *= 4
  (folder / 'config.json').write_text(json.dumps(config))
  _convert(
    folder,
    tmp_path / 'out',
    'huggingface',
    '--vocabulary=embedded',
    '--extra_ids=0',
  )
  out = tmp_path / 'out'
  assert json.loads((out / 'generation_config.json').read_text()) == {
    'num_beams': 7
  }
  assert (out / 'LICENSE').read_text() == 'mine'
  tokenizer = transformers.AutoTokenizer.from_pretrained(out)
  text = 'Tom has 3 pens.'
  expected = vocabulary.Vocabulary().encode(text)
  assert tokenizer(text).input_ids == [*expected, 1]


@pytest.mark.parametrize(
  ('more', 'said'),
  [
    (('--to=t5x', '--vocabulary=a'), '--vocabulary says something only beside'),
    (('--to=huggingface', '--extra_ids=7'), 'only beside --vocabulary'),
    (('--to=t5x', '--devices=2'), 'only beside --dry_run'),
    (('--to=t5x', '--activations=relu'), 'no T5X checkpoint'),
    (('--to=huggingface', '--vocabulary=/absent'), '/absent'),
  ],
)
def test_an_option_is_heard_or_refused(saved, tmp_path, more, said, capsys):
  argv = (f'--input={saved}', f'--output={tmp_path}/out', *more)
  assert said in _mistake(capsys, *argv)
  assert not list(tmp_path.iterdir())


def test_a_plan_counts_the_bytes_that_are_there(saved, tmp_path, capsys):
  torch = pytest.importorskip('torch')
  models.load(saved).to(torch.bfloat16).save_pretrained(tmp_path)
  capsys.readouterr()
  convert.main([f'--input={tmp_path}', '--dry_run'])
  stored = safetensors.numpy.load_file(tmp_path / 'model.safetensors')
  size = sum(array.nbytes for array in stored.values())
  assert f'tensors of bfloat16: {size:,} bytes' in capsys.readouterr().out


@pytest.mark.parametrize('place', ['s3://bucket/t5', 'file:///tmp/t5'])
def test_other_stores_are_refused_at_once(place, tmp_path, capsys):
  argv = (f'--input={place}', f'--output={tmp_path}/out', '--to=t5x')
  assert 'is neither local nor on gs://' in _mistake(capsys, *argv)
  argv = (f'--input={tmp_path}', f'--output={place}', '--to=t5x')
  assert 'is neither local nor on gs://' in _mistake(capsys, *argv)


def test_dropout_is_kept(saved, tmp_path):
  weights = opening.weights(str(saved))
  config = dataclasses.replace(weights.config, dropout_rate=0.25)
  weights = dataclasses.replace(weights, config=config)
  for name, kind in kinds.KINDS.items():
    network = origin.Network(weights, origin.Origin(place='x'))
    kinds.write(kind, str(tmp_path / name), network, None)
    written = opening.weights(str(tmp_path / name))
    assert written.config.dropout_rate == 0.25, name
