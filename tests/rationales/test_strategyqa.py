"""StrategyQA's reader: splits, the twelve answers, and what it refuses."""

import json

import pytest
from distill_jax.tasks import strategyqa as task

from distill_jax.rationales import extra_rationales, json_list, strategyqa
from distill_jax.text import labels, prompts
from tests import shared

_ITEM = {
  'qid': 'a1',
  'term': 'Ice',
  'question': 'Is ice cold?',
  'answer': True,
  'facts': ['Ice is frozen.'],
  'decomposition': ['Is #1 frozen?'],
  'evidence': [[['Ice-1']]],
}
_SAMPLES = [
  {'teacher': 'gpt4', 'style': 'COT', 'text': ' It is. ', 'answer': True},
  {'teacher': 'gpt4', 'style': 'LtM', 'text': 'Hm.', 'answer': '[invalid]'},
  {'teacher': 'b', 'style': 'COT', 'text': 'Never.', 'answer': False},
  {'teacher': 'b', 'style': 'LtM', 'text': 'So?', 'answer': None},
  {'teacher': 'c', 'style': 'COT', 'text': ' ', 'answer': True},
]


def _folder(path, text):
  path.mkdir(exist_ok=True)
  (path / 'dev.json').write_text(text)
  return str(path)


def _read(path, text):
  return list(strategyqa.read('test', _folder(path, text)))


def test_an_item_by_hand(tmp_path):
  line = {'id': 0, 'question': 'is ice cold', 'samples': _SAMPLES}
  (tmp_path / extra_rationales.RELEASE).write_text(json.dumps(line))
  (found,) = _read(tmp_path, json.dumps([_ITEM], indent=2))
  assert found.example_id == 'strategyqa/a1'
  assert (found.question, found.label, found.choices) == (
    'Is ice cold?',
    'yes',
    None,
  )
  assert found.extra == {
    'term': 'Ice',
    'facts': ['Ice is frozen.'],
    'decomposition': ['Is #1 frozen?'],
  }
  assert [(r.source, r.text, r.answer) for r in found.rationales] == [
    ('gpt4/COT', 'It is.', 'yes'),
    ('gpt4/LtM', 'Hm.', '[invalid]'),
    ('b/COT', 'Never.', 'no'),
    ('b/LtM', 'So?', ''),
  ]
  texts = prompts.Prompts().texts(found, task.DATA_SET.answers, labels.Gold())
  assert texts.vote.unparsed == (1, 3)


def test_items_and_their_lines(tmp_path):
  path = tmp_path / 'a.json'
  path.write_text('\n[\n {"a":\n 1},\n 2\n, [3\n]\n]\n')
  assert list(json_list.items(path)) == [(3, {'a': 1}), (5, 2), (6, [3])]
  path.write_text(' []')
  assert list(json_list.items(path)) == []
  path.write_text('[\n1\n2]')
  with pytest.raises(ValueError, match=r"a.json:3: no JSON \(Expecting ','"):
    list(json_list.items(path))
  path.write_text('[1')
  with pytest.raises(ValueError, match=r"a.json:1: no JSON \(Expecting ','"):
    list(json_list.items(path))


@pytest.mark.parametrize(
  ('text', 'sentence'),
  [
    ('', r"dev.json:1: no JSON \(Expecting '\[' at character 1\)"),
    ('{}', r"dev.json:1: no JSON \(Expecting '\['"),
    ('[\n{"qid": }]', r'dev.json:2: no JSON \(Expecting value at character 9'),
    ('[\n 7]', 'dev.json:2: question: got int 7, expected a JSON object'),
    ('[{}]', "dev.json:1: 'answer' is null, expected true or false"),
    ('[{"answer": "yes"}]', "'answer' is str 'yes', expected true or false"),
    ('[{"answer": true}]', "dev.json:1: question: no 'qid'"),
    ('[{"answer": true, "facts": [1]}]', r'facts\[0\]: got int 1, expected te'),
    (
      json.dumps([_ITEM] * 2, indent=0),
      "dev.json:21: qid 'a1' was used in lin",
    ),
  ],
)
def test_errors_name_file_and_line(tmp_path, text, sentence):
  with pytest.raises(ValueError, match=sentence):
    _read(tmp_path, text)


def test_absent_file(tmp_path):
  with pytest.raises(ValueError, match=r'train.json: no such file, expected'):
    list(strategyqa.read('train', str(tmp_path)))


@pytest.fixture(scope='module')
def real():
  folder = str(shared.path('strategyqa'))
  splits = strategyqa.SPLITS
  return {split: list(task.DATA_SET.records(split, folder)) for split in splits}


def test_real_sizes(real):
  assert [len(part) for part in real.values()] == [1_854, 207, 229]
  everything = [record for part in real.values() for record in part]
  assert len({record.example_id for record in everything}) == 2_290
  by_name = {record.example_id: record.label for record in everything}
  for name in ('train.json', 'dev.json'):
    for item in json.loads(shared.path('strategyqa', name).read_text()):
      expected = 'yes' if item['answer'] else 'no'
      assert by_name[f'strategyqa/{item["qid"]}'] == expected


def test_the_majority_of_twelve(real):
  """78.5 % of the 2,290, ties to the answer that came first."""
  right = 0
  for record in (record for part in real.values() for record in part):
    texts = prompts.Prompts().texts(record, task.DATA_SET.answers)
    said = prompts.given_answers(record.rationales, task.DATA_SET.answers)
    first = texts.vote.majority
    right += first is not None and said[first] == record.label
  assert round(100 * right / 2_290, 1) == 78.5


def test_test_questions_are_in_no_other_split(real):
  asked = {
    split: {extra_rationales.normal_question(r.question) for r in part}
    for split, part in real.items()
  }
  assert not asked['test'] & (asked['train'] | asked['validation'])
