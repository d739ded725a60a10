"""The data sets that tasks expose."""

import importlib
import json
import subprocess
import sys

import pytest

from distill_jax.text import answers, prompts
from tests import shared


def _data_set(name):
  return importlib.import_module(f'distill_jax.tasks.{name}').DATA_SET


def test_svamp():
  data_set = _data_set('svamp')
  assert data_set.name == 'svamp'
  assert data_set.answers == answers.Equation()
  folder = shared.path('svamp')
  sizes = [len(list(data_set.records(s, str(folder)))) for s in data_set.splits]
  assert sizes == [720, 80, 200]
  read = {path for glob in data_set.files for path in folder.glob(glob)}
  assert {path.name for path in read} == {
    'svamp_train.json',
    'svamp_test.json',
    'train_CoT_0.json',
    'train_CoT_1.json',
    'test_CoT_0.json',
    'faithful_cot_12.jsonl',
  }


def test_own_records(tmp_path):
  data_set = _data_set('records')
  line = {'question': 'Why?', 'rationales': [{'text': 'So.'}]}
  (tmp_path / 'train.jsonl').write_text(json.dumps(line) + '\n')
  (record,) = data_set.records('train', str(tmp_path))
  assert record.question == 'Why?'
  assert record.example_id == 'train/1'
  with pytest.raises(ValueError, match=r'test.jsonl: no such file'):
    list(data_set.records('test', str(tmp_path)))


@pytest.mark.parametrize(
  ('name', 'folder', 'split', 'rows'),
  [
    ('cqa', 'cqa', 'test', 1_221),
    ('esnli', 'esnli_sample', 'validation', 200),
    ('anli1', 'anli1_sample', 'validation', 200),
  ],
)
def test_every_real_label_is_an_answer(name, folder, split, rows):
  data_set, folder = _data_set(name), shared.path(folder)
  records = list(data_set.records(split, str(folder)))
  assert len(records) == rows
  assert all(prompts.gold(r, data_set.answers) == r.label for r in records)
  assert {p.name for g in data_set.files for p in folder.glob(g)} == {
    path.name for path in folder.rglob('*.json')
  }


@pytest.mark.parametrize(
  'name',
  [
    *('svamp', 'cqa', 'esnli', 'anli1', 'records'),
    *('openbookqa', 'strategyqa', 'medqa'),
  ],
)
def test_a_folder_and_a_known_split_are_needed(name):
  with pytest.raises(ValueError, match=r'no data folder; name it by --gin'):
    _data_set(name).records('train')
  with pytest.raises(ValueError, match="no split 'dev', expected one of train"):
    _data_set(name).records('dev', '/none')


def test_they_stay_without_tensorflow():
  code = (
    'import sys, distill_jax.tasks.svamp, distill_jax.tasks.records\n'
    'import distill_jax.text.prompts, distill_jax.text.vocabulary\n'
    'print(sorted({"tensorflow", "seqio", "jax", "flax"} & set(sys.modules)))'
  )
  ran = subprocess.run(
    [sys.executable, '-c', code], capture_output=True, text=True, check=True
  )
  assert ran.stdout.strip() == '[]'
