"""An OPT that was trained here, exported, and asked in transformers."""

import json

import numpy as np
import pytest

from distill_jax import convert
from distill_jax.students import sampling
from distill_jax.text import reserved
from distill_jax.training import answering, initial, loop, opening
from tests.training import decoders, small

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

pytestmark = pytest.mark.slow

_QUESTIONS = ('Ann has 3 pens.', 'How many pens are in the big box, then?')


@pytest.fixture(scope='module')
def made(tmp_path_factory):
  """A run with OPT's own vocabulary, and the folder that it was exported to."""
  root = tmp_path_factory.mktemp('exported')
  small.write_records(root / 'records')
  folder = decoders.vocabulary(root / 'vocabulary')
  run, config = decoders.finetuning(root / 'run', root, folder)
  loop.train(run, config)
  convert.main(
    [
      f'--input={root / "run"}',
      f'--output={root / "out"}',
      '--to=huggingface',
      '--check',
    ]
  )
  return run, root / 'out'


def test_transformers_writes_the_students_very_tokens(made):
  run, folder = made
  decoder, _, params = answering.best(run)
  tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
  model = transformers.OPTForCausalLM.from_pretrained(folder).eval()
  texts = [run.source.prompts.label + question for question in _QUESTIONS]
  vocabulary = run.source.vocabulary
  rows = [np.array([*vocabulary.encode(text), 1]) for text in texts]
  ours = decoder.tokens(params, rows, 64, sampling.Greedy(max_tokens=12), None)
  inputs = tokenizer(texts, return_tensors='pt', padding=True)
  theirs = model.generate(**inputs, max_new_tokens=12, do_sample=False)
  width = inputs.input_ids.shape[1]
  for row, ids in zip(ours, theirs[:, width:].tolist()):
    ids += [tokenizer.pad_token_id] * (12 - len(ids))
    assert reserved.to_theirs(vocabulary.size)[row].tolist() == ids
    text = tokenizer.decode(ids, skip_special_tokens=True).strip()
    assert len(text) > 1
    assert vocabulary.decode(row.tolist()) == text


def test_the_folder_says_what_it_is(made):
  run, folder = made
  said = json.loads((folder / 'generation_config.json').read_text())
  assert said['eos_token_id'] == 2
  assert said['suppress_tokens'] == [1, *range(50265, 50272)]
  card = (folder / 'README.md').read_text()
  assert 'pipeline_tag: text-generation' in card
  assert 'An OPT of 8' in card and '2 layers of width 16, 2 heads of 8' in card
  assert 'OPTForCausalLM' in card and 'method Finetune' in card
  assert 'the last 7 rows are padding' in card
  theirs = opening.vocabulary(str(folder))
  assert run.source.vocabulary.difference(theirs) is None


def test_a_run_begins_as_the_folder_and_goes_back(made, tmp_path):
  run, folder = made
  start = initial.FromCheckpoint(path=str(folder))
  start.check(run.student)
  params = start.params(run.mesh.build(), run.student, None)
  _, _, best = answering.best(run)
  for name in ('token_embedder', 'position_embedder'):
    np.testing.assert_array_equal(
      params[name]['embedding'], best[name]['embedding']
    )
  back = tmp_path / 'back'
  convert.main(
    [f'--input={folder}', f'--output={back}', '--to=orbax', '--check']
  )
  assert opening.weights(str(back)).config == run.student.config


def test_t5x_has_none(made, tmp_path, capsys):
  _, folder = made
  with pytest.raises(SystemExit):
    convert.main(
      [f'--input={folder}', f'--output={tmp_path / "o"}', '--to=t5x']
    )
  assert 'of which T5X has no checkpoints' in capsys.readouterr().err
