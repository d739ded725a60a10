"""Spoilt data whose teacher does not speak row by row of the release."""

import json

import pytest

from distill_jax.data import prepare, source, tfds, tokenizer
from tests.data import brought, caches

_PROBLEM = """<Problem ID="{id}">
<Body>Ann has 3 pens and buys {n}.</Body>
<Question>How many pens has she?</Question>
<Answer>{sum} (pens)</Answer><Formula>3+{n}={sum}</Formula></Problem>
"""
_NLI = {'premise': 'Ice.', 'context': 'Ice.', 'label': 1}
ROWS = 12


@pytest.fixture(autouse=True)
def without_work(monkeypatch):
  """Whatever is wrong is said before anything is prepared."""
  monkeypatch.setattr(prepare, 'prepare', None)


def _error(task, folder):
  cache_dir = str(folder.parent / 'caches')
  made = source.Source(task=task, data_dir=str(folder), cache_dir=cache_dir)
  with pytest.raises(ValueError) as caught:
    made.open('train')
  said = str(caught.value)
  assert '\n' not in said
  return said


def _lines(path, rows):
  path.parent.mkdir(parents=True, exist_ok=True)
  path.write_text(''.join(json.dumps(row) + '\n' for row in rows))


def _spoil(path, line, change):
  rows = [json.loads(row) for row in path.read_text().splitlines()]
  rows[line - 1] |= change
  _lines(path, rows)


def _told(number, question):
  sample = {'teacher': 'gpt4', 'style': 'COT'}
  text = f'3 + {number} = {3 + number}.'
  return {
    'id': number,
    'question': question,
    'samples': [sample | {'text': text, 'answer': str(3 + number)}],
  }


def _asdiv(folder):
  """Problems of five lines each, the first one in line 2, and the teacher."""
  folder.mkdir(parents=True, exist_ok=True)
  problems = [_PROBLEM.format(id=f'p-{n}', n=n, sum=3 + n) for n in range(ROWS)]
  (folder / 'ASDiv.xml').write_text(f'<All>\n{"".join(problems)}</All>')
  asked = 'Ann has 3 pens and buys {}. How many pens has she?'
  told = [_told(n, asked.format(n)) for n in range(ROWS)]
  _lines(folder / 'faithful_cot_12.jsonl', told)
  return folder


def _svamp(folder):
  for part in ('train', 'test'):
    rows = [
      {'input': f'Tom has {n} pens.\nHow many?', 'label': f'( {n} + 0 )'}
      for n in range(ROWS)
    ]
    _lines(folder / f'svamp_{part}.json', rows)
    said = json.dumps(['So. The answer is (3 + 1).'] * ROWS)
    (folder / 'llm').mkdir(exist_ok=True)
    (folder / 'llm' / f'{part}_CoT_0.json').write_text(said)
  return folder


@pytest.fixture(params=['asdiv', 'svamp_asdiv'])
def asdiv(request, tmp_path):
  """A task and two folders: its data, and ASDiv among them."""
  folder = tmp_path / 'data'
  if request.param == 'asdiv':
    return request.param, folder, _asdiv(folder)
  _svamp(folder / 'svamp')
  return request.param, folder, _asdiv(folder / 'asdiv')


def test_a_missing_teacher_of_asdiv(asdiv):
  task, folder, problems = asdiv
  (problems / 'faithful_cot_12.jsonl').unlink()
  assert _error(task, folder) == (
    f'{problems}/rationales.jsonl: no such file, nor faithful_cot_12.jsonl, '
    "expected one of the two with a teacher's rationales; put it there"
  )


def test_an_id_of_asdiv_that_occurs_twice(asdiv):
  task, folder, problems = asdiv
  path = problems / 'ASDiv.xml'
  path.write_text(path.read_text().replace('"p-7"', '"p-2"'))
  (line,) = (
    number
    for number, text in enumerate(path.read_text().splitlines(), 1)
    if 'buys 7.' in text
  )
  assert _error(task, folder) == (
    f"{path}:{line - 1}: ID 'p-2' was used in line 10 already, expected a new "
    'one; remove one of the two problems'
  )


def test_a_problem_of_asdiv_without_formula(asdiv):
  task, folder, problems = asdiv
  path = problems / 'ASDiv.xml'
  path.write_text(path.read_text().replace('3+2=5', ''))
  said = _error(task, folder)
  assert said.startswith(f"{path}:10: problem 'p-2' has no Formula, expected")


def test_asdiv_that_was_cut(asdiv):
  task, folder, problems = asdiv
  path = problems / 'ASDiv.xml'
  path.write_text(''.join(path.read_text().splitlines(keepends=True)[:-3]))
  last = len(path.read_text().splitlines())
  said = _error(task, folder)
  assert f'{path}:{last + 1}: no XML (no element found), expected' in said


def test_a_label_of_svamp_before_asdiv(tmp_path):
  _asdiv(tmp_path / 'data' / 'asdiv')
  path = _svamp(tmp_path / 'data' / 'svamp') / 'svamp_train.json'
  _spoil(path, 5, {'label': 'perhaps'})
  said = _error('svamp_asdiv', tmp_path / 'data')
  assert said.startswith(f"{path}:5: svamp/train/4: label 'perhaps' is no equ")


@pytest.fixture(params=['rationales.jsonl', 'faithful_cot_12.jsonl'])
def stored(request, tmp_path):
  """SVAMP's folder, and a store of several rationales in it."""
  folder = _svamp(tmp_path / 'data')
  asked = 'Tom has {} pens. How many?'
  path = folder / request.param
  told = [_told(n, asked.format(n)) for n in range(ROWS)]
  if request.param == 'rationales.jsonl':
    told = [
      {
        'example_id': str(one['id']),
        'question': one['question'],
        'rationales': [{'text': one['samples'][0]['text']}],
      }
      for one in told
    ]
  _lines(path, told)
  return folder, path


def test_an_id_of_the_store_that_occurs_twice(stored):
  folder, path = stored
  key, same = {
    'rationales.jsonl': ('example_id', '3'),
    'faithful_cot_12.jsonl': ('id', 3),
  }[path.name]
  _spoil(path, 9, {key: same})
  said = _error('svamp', folder)
  assert said.startswith(f'{path}:9: {key} {same!r} was used in line 4 already')


def test_a_store_of_other_questions(stored):
  folder, path = stored
  _lines(path, [json.loads(path.read_text().splitlines()[0])])
  _spoil(path, 1, {'question': 'Who?'})
  assert _error('svamp', folder) == (
    f'{path}: no rationale for any of 12 questions, expected the same '
    f"example_id or question, as 'svamp/train/0' of {folder}/svamp_train.json"
    ':1; remove the file or correct it'
  )


def test_a_store_that_is_empty(stored):
  folder, path = stored
  path.write_text('')
  assert _error('svamp', folder).startswith(f'{path}: empty, expected one JSON')


@pytest.mark.parametrize(
  ('change', 'said'),
  [
    ({'question': 7}, "'question' is int 7"),
    ({'rationales': [{}], 'samples': [{'text': 'a'}]}, 'expected '),
  ],
)
def test_a_wrong_line_of_the_store(stored, change, said):
  folder, path = stored
  _spoil(path, 4, change)
  found = _error('svamp', folder)
  assert found.startswith(f'{path}:4: ')
  assert said in found


def test_records(tmp_path):
  folder = brought.write(tmp_path / 'pens')
  path = folder / 'test.jsonl'
  line = brought.line(1, label='nine', choices=['four', 'five'])
  _lines(path, [brought.line(2), line])
  assert _error('records', folder) == (
    f"{path}:2: pens/1: label 'nine' is none of the choices 'four', 'five'; "
    "give a choice's text or its letter"
  )
  _lines(path, [brought.line(1), brought.line(2), brought.line(1)])
  assert _error('records', folder).startswith(
    f"{path}:3: example_id 'pens/1' was used in line 1 already, expected a new"
  )
  path.unlink()
  assert _error('records', folder) == (
    f'{path}: no such file, expected one JSON object per line; correct the '
    'path, or put the file there'
  )


@pytest.fixture(params=['esnli_tfds', 'anli1_tfds'])
def release(request, tmp_path, monkeypatch):
  """A task, its rows elsewhere by split, and the release beside them."""
  parts = {'train': 'train', 'validation': 'valid', 'test': 'test'}
  rows = {
    split: [
      _NLI | {'hypothesis': f'Cold {n}.', 'uid': f'{split}-{n}'}
      for n in range(ROWS)
    ]
    for split in parts
  }
  name = request.param.removesuffix('_tfds')
  for split, part in parts.items():
    _lines(tmp_path / 'data' / f'{name}_{part}.json', rows[split])
    path = tmp_path / 'data' / 'llm' / f'{part}_CoT_0.json'
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(['So. So the answer is neutral.'] * ROWS))
  monkeypatch.setattr(tfds, 'rows', lambda _, split: iter(rows[split]))
  return request.param, name, tmp_path / 'data', rows


def test_good_rows_of_elsewhere(release, monkeypatch):
  task, _, folder, _ = release
  monkeypatch.undo()
  monkeypatch.setattr(tfds, 'rows', lambda _, split: iter(release[3][split]))
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  made = source.Source(
    task=task, data_dir=str(folder), cache_dir=str(folder.parent / 'caches')
  )
  assert made.open('test').num_rationales == ROWS


def test_an_unknown_label_elsewhere(release):
  task, name, folder, rows = release
  rows['test'][7]['label'] = -1
  assert _error(task, folder).startswith(
    f'{name} test, row 7: label -1, expected one of entailment, neutral, contr'
  )


def test_a_missing_file_of_the_release(release):
  task, name, folder, _ = release
  path = folder / 'llm' / 'test_CoT_0.json'
  said = path.read_text()
  path.unlink()
  assert _error(task, folder).startswith(f'{path}: no such file, expected a l')
  path.write_text(said)
  (folder / f'{name}_test.json').unlink()
  assert _error(task, folder).startswith(
    f'{folder}/{name}_test.json: no such file, expected one JSON object'
  )


def test_a_short_file_of_the_release(release):
  task, name, folder, _ = release
  path = folder / 'llm' / 'valid_CoT_0.json'
  path.write_text(json.dumps(['So.'] * 4))
  said = _error(task, folder)
  assert said.startswith(f'{path}: 4 completions in valid_CoT_*.json, expect')
  assert f'{folder}/{name}_valid.json:5 (' in said


# The rows of e-SNLI have no names, and some occur twice.
@pytest.mark.parametrize('release', ['anli1_tfds'], indirect=True)
def test_a_uid_that_occurs_twice_elsewhere(release):
  task, _, folder, rows = release
  rows['test'][9] = rows['test'][2]
  for path in folder.rglob('*.json'):
    path.unlink()
  assert _error(task, folder) == (
    "anli1 test, row 9: uid 'test-2' was used in row 2 already, expected a new "
    'one; prepare the data set again'
  )
