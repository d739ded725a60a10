"""A corpus as rows of tokens, and batches of it with spans taken out."""

import json

import numpy as np
import pytest

from distill_jax.data import corpus_loader, corpus_source, span_corruption
from distill_jax.retrieval import corpus
from distill_jax.text import vocabulary

_WORDS = [
  'ice',
  'floats',
  'on',
  'cold',
  'water',
  'and',
  'iron',
  'sinks',
  'in',
  'it',
]


@pytest.fixture
def path(tmp_path):
  lines = [' '.join(_WORDS[: 2 + i % 9]) for i in range(30)]
  file = tmp_path / 'passages.txt'
  file.write_text('\n'.join(lines))
  return file


def _source(path, **fields):
  fields = {
    'corpus': corpus.Corpus(path=str(path)),
    'vocabulary': vocabulary.Vocabulary(extra_ids=8),
    'length': 16,
    'held_out': 10,
    'cache_dir': str(path.parent / 'cache'),
    **fields,
  }
  return corpus_source.CorpusSource(**fields)


def test_rows_hold_the_passages_in_pieces(path):
  own = _source(path)
  texts = path.read_text().splitlines()
  expected = {'train': [], 'validation': []}
  for number, text in enumerate(texts, start=1):
    ids = own.vocabulary.encode(text)
    pieces = [ids[i : i + 16] for i in range(0, len(ids), 16)]
    split = 'validation' if number % 10 == 0 else 'train'
    expected[split] += [piece for piece in pieces if len(piece) > 1]
  for name, rows in expected.items():
    split = own.open(name)
    assert [split[i].tolist() for i in range(len(split))] == rows
    assert split.longest == max(map(len, rows)) == 16


def test_other_settings_are_another_cache(path):
  sources = [_source(path), _source(path, length=8), _source(path, held_out=5)]
  assert len({source.folder() for source in sources}) == 3
  path.write_text(path.read_text() + '\nmore ice floats')
  assert _source(path).folder() != sources[0].folder()


def _loader(path, seed=3):
  own = _source(path)
  return corpus_loader.CorpusLoader(
    split=own.open('train'),
    batch_size=4,
    corruption=span_corruption.SpanCorruption(rate=0.3),
    last_sentinel=own.vocabulary.size - 1,
    seed=seed,
  )


def _whole(read, written, first):
  """The text of both sides, by reading them as plain lists."""
  spans = {}
  for token in written:
    if token > first:
      spans[token] = []
    elif token > 1:
      spans[max(spans, key=list(spans).index)].append(token)
  text = []
  for token in read:
    text += spans[token] if token > first else [token] * (token > 1)
  return text


def test_a_batch_is_its_passages(path):
  loader = _loader(path)
  first = loader.last_sentinel - 8
  seen = []
  for step in range(30):
    batch = loader.batch(step)
    for place, example in enumerate(batch.example_index):
      text = _whole(
        batch.label_inputs[place].tolist(),
        batch.label_targets[place].tolist(),
        first,
      )
      assert text == loader.split[int(example)].tolist()
      seen.append((int(example), tuple(batch.label_inputs[place].tolist())))
  # Each passage in each epoch, with other spans.
  assert {example for example, _ in seen} == set(range(len(loader.split)))
  assert len(set(seen)) > len(loader.split)
  assert {loader.batch(s).label_inputs.shape for s in range(9)} == {
    (4, loader.widths[0])
  }


def test_batches_are_a_function_of_the_step(path):
  one, again = _loader(path), _loader(path)
  for (step, batch), _ in zip(one.prefetch(5), range(3)):
    other = again.batch(step)
    for name, value in vars(batch).items():
      np.testing.assert_array_equal(value, getattr(other, name))
  other = _loader(path, seed=4).batch(0)
  assert (other.label_inputs != one.batch(0).label_inputs).any()


def test_evaluation_sees_each_passage_once(path):
  loader = _loader(path)
  found = [b for batch in loader.evaluation() for b in batch.example_index]
  real = [index for index in found if index >= 0]
  assert real == list(range(len(loader.split)))
  last = list(loader.evaluation())[-1]
  assert last.weights.tolist() == (last.example_index >= 0).tolist()


def test_a_corpus_too_small_is_refused(path):
  path.write_text('ice floats on water')
  with pytest.raises(ValueError, match=r"no passage for 'validation'"):
    _source(path).open('train')


def test_a_damaged_cache_is_told(path):
  own = _source(path)
  own.open('train')
  meta = own.folder() / 'meta.json'
  meta.write_text(json.dumps({}))
  with pytest.raises(ValueError, match='remove the folder'):
    own.open('train')


@pytest.mark.parametrize('fields', [{'length': 1}, {'held_out': 1}])
def test_refuses_what_leaves_nothing(path, fields):
  with pytest.raises(ValueError, match='expected at least 2'):
    _source(path, **fields)
