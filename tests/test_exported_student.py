"""A student that was trained here, asked in transformers."""

import json

import pytest

from distill_jax import convert
from distill_jax.cli import loading
from distill_jax.training import loop

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

_BINDINGS = {'STEPS': '300', 'WARMUP': '20', 'VALIDATE_EVERY': '300'}
_ROWS = 100  # questions asked at once


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  folder = tmp_path_factory.mktemp('trained') / 'run'
  bindings = {
    **_BINDINGS,
    'MODEL_DIR': str(folder),
    'CACHE_DIR': str(folder.parent / 'cache'),
  }
  loop.train(*loading.load(['dss_tiny.gin'], list(bindings.items())))
  return folder


def _predictions(run, name: str) -> list[dict]:
  text = (run / 'predictions' / f'{name}.jsonl').read_text()
  return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_transformers_writes_what_the_student_writes(run):
  folder = run.parent / 'exported'
  convert.main([f'--input={run}', f'--output={folder}', '--to=huggingface'])
  tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
  model = transformers.T5ForConditionalGeneration.from_pretrained(folder)

  def written(prefix: str, questions: list[str], room: int) -> list[str]:
    texts = [prefix + question for question in questions]
    inputs = tokenizer(texts, return_tensors='pt', padding=True)
    tokens = model.eval().generate(**inputs, max_new_tokens=room)
    found = tokenizer.batch_decode(tokens, skip_special_tokens=True)
    return [text.strip() for text in found]

  right = 0
  for name, count in (
    ('story_problems', 500),
    ('story_problems_test_unseen', 300),
  ):
    rows = _predictions(run, name)
    assert len(rows) == count
    for begin in range(0, count, _ROWS):
      part = rows[begin : begin + _ROWS]
      questions = [row['question'] for row in part]
      labels = written('[label] ', questions, 32)
      assert labels == [row['prediction'] for row in part]
      for row, rationale in zip(part, written('[rationale] ', questions, 64)):
        # Ours stop at a length of their own if they do not end before.
        shorter = min(len(rationale), len(row['rationale']))
        assert rationale[:shorter] == row['rationale'][:shorter]
      right += sum(row['correct'] for row in part)
  assert right > 200, 'too little was learnt to tell students apart'

  card = (folder / 'README.md').read_text()
  assert 'of the run `run`' in card
  assert 'data set `story_problems`, method StepByStep' in card
  measured = json.loads((run / 'eval' / 'story_problems.json').read_text())
  assert f'| test | 300 | 500 | {measured["accuracy"]:.1%} |' in card
