"""The rationales of two runs, and the questions that are drawn of them."""

import json

import pytest

from distill_jax.teachers.judging import drawing, sides


def _write(path, *rows):
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text(''.join(json.dumps(row) + '\n' for row in rows))


def _prediction(name, rationale):
  return {
    'example_id': name,
    'question': f'{name}?',
    'choices': ['4', '5'],
    'prediction': '4',
    'rationale': rationale,
  }


def _run(folder, split='test', stem='pens'):
  """A run's folder that holds the answers to another split too."""
  for name, said in ((split, 'It is four.'), ('train', 'Not this.')):
    files = f'{stem}_{name}' if name != 'test' else stem
    _write(folder / 'eval' / f'{files}.json', {'split': name})
    _write(
      folder / 'predictions' / f'{files}.jsonl',
      _prediction('pens/1', f'{said} The answer is 4.'),
      _prediction('pens/2', ''),
    )
  _write(folder / 'eval' / 'critic.json', {'teacher': {}})
  return folder


@pytest.mark.parametrize('split', ['test', 'validation'])
def test_a_run_is_read_by_its_split(tmp_path, split):
  found = sides.read(_run(tmp_path, split), split)
  assert found['pens/1'] == sides.Said(
    question='pens/1?\nAnswer Choices:\n(a) 4\n(b) 5', rationale='It is four.'
  )
  assert found['pens/2'].rationale == ''


def test_a_store_gives_the_first_rationale_of_a_question(tmp_path):
  _write(
    tmp_path / 'test.jsonl',
    {
      'example_id': 'a',
      'question': 'Where?',
      'choices': ['here', 'there'],
      'rationales': [
        {'text': 'Not there. So the answer is (a).'},
        {'text': 'x'},
      ],
    },
    {'example_id': 'b', 'question': 'Why?'},
  )
  found = sides.read(tmp_path, 'test')
  assert found == {
    'a': sides.Said(
      question='Where?\nAnswer Choices:\n(a) here\n(b) there',
      rationale='Not there.',
    )
  }
  assert sides.read(tmp_path / 'test.jsonl', 'whatever') == found


def test_the_draw_knows_names_and_seed_alone():
  first = {f'q/{i}': 'short' for i in range(200)}
  second = {f'q/{i}': 'other' for i in reversed(range(100, 300))}
  drawn = drawing.draw(first, second, 50, 0)
  assert len(set(drawn)) == 50
  assert set(drawn) <= {f'q/{i}' for i in range(100, 200)}
  # Neither what is said nor the order of the lines matters.
  assert drawing.draw(dict(reversed(second.items())), first, 50, 0) == drawn
  assert drawing.draw(first, second, 20, 0) == drawn[:20]
  assert set(drawing.draw(first, second, 50, 1)) != set(drawn)
  assert len(drawing.draw(first, second, 500, 0)) == 100


def test_every_question_is_drawn_alike():
  names = dict.fromkeys(f'q/{i}' for i in range(10))
  drawn = [
    name for seed in range(1000) for name in drawing.draw(names, names, 3, seed)
  ]
  # 300 each, with a standard deviation of 14.5.
  assert all(abs(drawn.count(name) - 300) < 75 for name in names)


@pytest.mark.parametrize(
  ('rows', 'sentence'),
  [
    ([{'prediction': '4', 'example_id': 'a', 'question': 'q'}], 'no rationale'),
    ([_prediction('a', 'x'), _prediction('a', 'y')], "'a' was used before"),
    ([{'label': '4'}], "no 'question'"),
  ],
)
def test_a_wrong_line_is_named(tmp_path, rows, sentence):
  _write(tmp_path / 'x.jsonl', *rows)
  with pytest.raises(ValueError, match=sentence) as raised:
    sides.read(tmp_path / 'x.jsonl', 'test')
  assert str(raised.value).startswith(f'{tmp_path}/x.jsonl:{len(rows)}: ')


def test_what_is_not_there(tmp_path):
  with pytest.raises(ValueError, match='--split=test --rationales'):
    sides.read(tmp_path, 'test')
  with pytest.raises(ValueError, match='no question in common'):
    drawing.draw({'a': 1}, {'b': 1}, 5, 0)
