"""The entry that judges the best student of a run."""

import json

import pytest

from distill_jax import evaluate
from distill_jax.data import tokenizer
from tests import untrained
from tests.data import brought, caches


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('evaluate')


@pytest.fixture(scope='module')
def model_dir(folder):
  return untrained.write(folder)


def _evaluate(monkeypatch, model_dir, *arguments):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  argv = ['evaluate', f'--model_dir={model_dir}', *arguments]
  monkeypatch.setattr('sys.argv', argv)
  evaluate.main()


def _refused(monkeypatch, capsys, model_dir, *arguments):
  """Returns the one line that the entry ends with."""
  with pytest.raises(SystemExit) as ended:
    _evaluate(monkeypatch, model_dir, *arguments)
  assert ended.value.code == 1
  return capsys.readouterr().err.splitlines()[-1]


def test_writes_results_and_predictions(model_dir, monkeypatch, capsys):
  _evaluate(monkeypatch, model_dir, '--rationales')
  result = json.loads((model_dir / 'eval' / 'records.json').read_text())
  assert result['split'] == 'test'
  assert result['step'] == 7
  assert result['num_examples'] == 2
  lines = (model_dir / 'predictions' / 'records.jsonl').read_text().splitlines()
  rows = [json.loads(line) for line in lines]
  assert [row['label'] for row in rows] == ['four', 'four']
  assert all('rationale' in row for row in rows)
  assert 'accuracy' in capsys.readouterr().out


def test_siblings_are_those_among_all_training_questions(tmp_path, monkeypatch):
  """A smaller share to learn from does not make a question a new one."""
  model_dir = untrained.write(tmp_path)
  asked = ('Tom has {} pens.', 'Ann drove {} miles.', '{} cats sleep.')
  known = [brought.line(n, question=asked[n].format(9)) for n in range(3)]
  new = brought.line(3, question='Is the moon {} years old?')
  test = [brought.line(n, question=asked[n].format(70)) for n in range(3)]
  brought.write(
    tmp_path / 'pens',
    train=known[:2],
    validation=known[2:],
    test=[*test, new],
  )
  for share in (1.0, 0.5):
    _evaluate(monkeypatch, model_dir, f'--gin.SHARE={share}')
    result = json.loads((model_dir / 'eval' / 'records.json').read_text())
    assert result['siblings'] == 3


def test_keeps_the_rationales_that_are_there(model_dir, monkeypatch):
  path = model_dir / 'predictions' / 'records_validation.jsonl'
  has = lambda: [
    'rationale' in json.loads(line) for line in path.read_text().splitlines()
  ]
  _evaluate(monkeypatch, model_dir, '--split=validation')
  assert has() == [False, False]
  _evaluate(monkeypatch, model_dir, '--split=validation', '--rationales')
  assert has() == [True, True]
  _evaluate(monkeypatch, model_dir, '--split=validation')
  assert has() == [True, True]


def test_the_plan_tells_what_would_be_written(
  model_dir, folder, monkeypatch, capsys
):
  _evaluate(monkeypatch, model_dir, '--split=train', '--dry_run')
  said = capsys.readouterr().out
  assert 'records: train\n' in said
  assert 'eval/records_train.json' in said
  assert f'{folder}/caches/records-' in said
  assert not (model_dir / 'eval' / 'records_train.json').exists()


def test_a_dry_run_finds_an_unknown_split(model_dir, monkeypatch, capsys):
  said = _refused(monkeypatch, capsys, model_dir, '--split=nope', '--dry_run')
  assert '--split=nope: there is no such split' in said


def test_a_dry_run_finds_data_that_is_gone(model_dir, monkeypatch, capsys):
  given = ['--gin.DATA_DIR=/nowhere', '--dry_run']
  said = _refused(monkeypatch, capsys, model_dir, *given)
  assert '/nowhere' in said


def test_a_dry_run_finds_a_run_without_a_student(
  folder, model_dir, monkeypatch, capsys
):
  empty = folder / 'empty'
  empty.mkdir()
  (empty / 'config.gin').write_text((model_dir / 'config.gin').read_text())
  said = _refused(monkeypatch, capsys, empty, '--dry_run')
  assert f'{empty} has no best student yet' in said


def test_rationales_of_a_student_of_labels_alone(tmp_path, monkeypatch, capsys):
  taught = untrained.write(tmp_path, 'finetune')
  said = _refused(monkeypatch, capsys, taught, '--rationales')
  assert '--rationales: the student of this run was taught labels alone' in said
