"""What a user reads who brings spoilt data: one sentence, file and line."""

import json

import pytest

from distill_jax.data import prepare, source, tokenizer
from tests.data import caches

_NLI = {'premise': 'Ice.', 'hypothesis': 'It is cold.', 'label': 'neutral'}
_ROWS = {
  'svamp': {'input': 'Two and two?', 'label': '( 2 + 2 )'},
  'cqa': {
    'question': 'Where is ice?',
    'choices': ['sun', 'pole'],
    'answer': 'pole',
  },
  'esnli': _NLI,
  'anli1': _NLI,
}
_KEYS = {'cqa': 'id', 'anli1': 'uid'}
_LABELS = {'cqa': 'answer'}
_SAID = {
  'svamp': '2 + 2 = 4. The answer is (2 + 2).',
  'cqa': 'It is cold there. So the answer is (b) pole.',
  'esnli': 'It says so.\nAnswer: neutral',
  'anli1': 'It says so. So the answer is neutral.',
}
_PARTS = ('train', 'valid', 'test')
ROWS = 10


@pytest.fixture(params=sorted(_ROWS))
def name(request, monkeypatch):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  return request.param


@pytest.fixture
def folder(name, tmp_path):
  folder = tmp_path / 'data'
  (folder / 'llm').mkdir(parents=True)
  for part in _PARTS:
    rows = [_ROWS[name] | {_KEYS.get(name, 'n'): str(i)} for i in range(ROWS)]
    _write(folder / f'{name}_{part}.json', rows)
    said = json.dumps([_SAID[name]] * ROWS)
    (folder / 'llm' / f'{part}_CoT_0.json').write_text(said)
  return folder


def _write(path, rows):
  path.write_text(''.join(json.dumps(row) + '\n' for row in rows))


def _spoil(path, line, **change):
  rows = [json.loads(row) for row in path.read_text().splitlines()]
  rows[line - 1] |= change
  _write(path, rows)


def _build(name, folder):
  cache_dir = str(folder.parent / 'caches')
  made = source.Source(task=name, data_dir=str(folder), cache_dir=cache_dir)
  return made.open('train')


def _error(name, folder):
  """The one sentence that comes before any work is done."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(prepare, 'prepare', None)
    return _said(name, folder)


def _said(name, folder):
  with pytest.raises(ValueError) as caught:
    _build(name, folder)
  said = str(caught.value)
  assert '\n' not in said
  assert not list((folder.parent / 'caches').glob('*'))
  return said


def test_good_data(name, folder):
  split = _build(name, folder)
  assert len(split) == (ROWS if name in ('esnli', 'anli1') else 9)
  assert split.num_rationales == len(split)
  assert all(split[i].votes.tolist() == [1] for i in range(len(split)))


def test_an_unknown_label(name, folder):
  path = folder / f'{name}_train.json'
  _spoil(path, 7, **{_LABELS.get(name, 'label'): 'perhaps'})
  said = _error(name, folder)
  assert said.startswith(f'{path}:7: ')
  assert "'perhaps'" in said


def test_an_unknown_label_of_the_last_test_question(name, folder):
  path = folder / f'{name}_test.json'
  _spoil(path, ROWS, **{_LABELS.get(name, 'label'): 'perhaps'})
  assert _error(name, folder).startswith(f'{path}:{ROWS}: ')


def test_a_missing_teacher_file(name, folder):
  path = folder / 'llm' / 'test_CoT_0.json'
  path.unlink()
  assert _error(name, folder).startswith(
    f'{path}: no such file, expected a list of raw completions; name the'
  )


def test_a_teacher_file_that_is_too_short(name, folder):
  path = folder / 'llm' / 'train_CoT_0.json'
  path.write_text(json.dumps([_SAID[name]] * (ROWS - 1)))
  said = _error(name, folder)
  assert said.startswith(f'{path}: 9 completions in train_CoT_*.json, expected')
  assert f'expected 10, one for each line of {folder / name}_train' in said


def test_where_a_teacher_file_ends_and_what_comes_without_one(name, folder):
  """Of two files; empty lines of the split have no completion."""
  rows, first = folder / f'{name}_train.json', folder / 'llm/train_CoT_0.json'
  lines = rows.read_text().splitlines()
  rows.write_text('\n'.join([lines[0], '', *lines[1:]]))
  first.write_text(json.dumps([_SAID[name]] * 4))
  second = folder / 'llm' / 'train_CoT_1.json'
  second.write_text(json.dumps([_SAID[name]] * 3))
  asked = {'svamp': 'Two and two?', 'cqa': 'Where is ice?'}
  question = asked.get(name, 'Ice.</s>It is cold.')
  assert _error(name, folder) == (
    f'{second}: 7 completions in train_CoT_*.json, expected 10, one for each '
    f'line of {rows}; they end with [2] of train_CoT_1.json and {rows}:9 '
    f'({question!r}) is the first without one; take both from one release'
  )


def test_a_teacher_file_missing_among_others(name, folder):
  (folder / 'llm' / 'valid_CoT_2.json').write_text('[]')
  (folder / 'llm' / 'train_CoT_2.json').write_text('[]')
  path = folder / 'llm' / 'train_CoT_1.json'
  assert _error(name, folder) == (
    f'{path}: no such file, expected a list of raw completions before '
    'train_CoT_2.json; name the folder that holds the released data'
  )


def test_a_completion_that_is_no_text(name, folder):
  path = folder / 'llm' / 'test_CoT_0.json'
  path.write_text(json.dumps([_SAID[name]] * 3 + [None] * 7))
  assert _error(name, folder) == (
    f'{path}: [3] is null, expected the text of a completion; take the file of '
    'the release'
  )


def test_a_split_that_is_too_short(name, folder):
  path = folder / f'{name}_test.json'
  path.write_text('\n'.join(path.read_text().splitlines()[:-3]))
  said = _error(name, folder)
  assert '10 completions in test_CoT_*.json, expected 7' in said
  assert '; [7] of test_CoT_0.json is the first without a line; take' in said


@pytest.mark.parametrize('name', sorted(_KEYS), indirect=True)
def test_an_id_that_occurs_twice(name, folder):
  path = folder / f'{name}_train.json'
  _spoil(path, 9, **{_KEYS[name]: '1'})
  assert _error(name, folder) == (
    f"{path}:9: {_KEYS[name]} '1' was used in line 2 already, expected a new "
    'one; remove one of the two lines'
  )


def test_a_line_that_is_no_json(name, folder):
  path = folder / f'{name}_train.json'
  path.write_text(path.read_text() + '{"question": "Why?\n')
  (folder / 'llm' / 'train_CoT_1.json').write_text('["One more."]')
  assert _error(name, folder).startswith(f'{path}:11: no JSON (')


def test_a_missing_part(name, folder):
  path = folder / f'{name}_test.json'
  path.unlink()
  assert _error(name, folder).startswith(f'{path}: no such file, expected one')
