"""ASDiv by hand, on the real file, and behind SVAMP's training part."""

import importlib

import pytest

from distill_jax.rationales import asdiv, extra_rationales, record, store
from distill_jax.text import labels, prompts
from tests import shared

_PROBLEM = """<Problem ID="{id}"><Body>Ann has 3 pens and buys {n}. </Body>
<Question>How many pens has she?</Question><Answer>{answer}</Answer>
<Formula>{formula}</Formula></Problem>"""


def _folder(path, *problems):
  made = [
    _PROBLEM.format(**{'id': f'p-{n}', 'n': n, 'answer': f'{3 + n}'} | problem)
    for n, problem in enumerate(problems)
  ]
  path.mkdir(exist_ok=True)
  (path / asdiv.FILE).write_text(f'<All><Set>{"".join(made)}</Set></All>')
  return str(path)


@pytest.mark.parametrize(
  ('formula', 'answer', 'label'),
  [
    ('3+0=3', '3 (pens)', '3 + 0'),
    ('(7+3)*2=20', '20', '( 7 + 3 ) * 2'),
    ('3 (nickel)*5 (cent/nickel)=15 (cent)', '15 (cents)', '3 * 5'),
    ('47/6=7 r5', '5 (cookies)', None),
    ('3=3', '3', None),
    ('3 pens', '3', None),
    ('3+4 &lt; 8', 'Yes', None),
    ('1200-200=1000', '1,000', '1200 - 200'),
  ],
)
def test_labels(tmp_path, formula, answer, label):
  folder = _folder(tmp_path, {'formula': formula, 'answer': answer})
  (found,) = asdiv.problems(folder)
  assert found.label == label
  assert found.question == 'Ann has 3 pens and buys 0.\nHow many pens has she?'
  assert found.example_id == 'asdiv/p-0'


def test_errors(tmp_path):
  with pytest.raises(ValueError, match=r'ASDiv.xml: no such file, expected'):
    list(asdiv.read('train', str(tmp_path)))
  (tmp_path / asdiv.FILE).write_text('<All>')
  with pytest.raises(ValueError, match=r'ASDiv.xml:1: no XML \('):
    list(asdiv.read('train', str(tmp_path)))
  folder = _folder(tmp_path, {'formula': ' '})
  with pytest.raises(ValueError, match=r"xml:1: problem 'p-0' has no Formula"):
    list(asdiv.read('train', folder))
  twice = {'formula': '1+1=2', 'id': 'x'}
  with pytest.raises(ValueError, match=r"xml:3: ID 'x' was used in line 1 al"):
    list(asdiv.read('train', _folder(tmp_path, twice, twice)))


def test_test_questions_have_no_rationales(tmp_path):
  problems = [{'formula': f'3+{n}={3 + n}'} for n in range(20)]
  folder = _folder(tmp_path, *problems)
  teacher = (record.Rationale(text='3 + 0 = 3.', answer='3'),)
  told = [
    record.Record(example_id=f'asdiv/p-{n}', question='?', rationales=teacher)
    for n in range(20)
  ]
  store.write(tmp_path / extra_rationales.STORE, told)
  parts = {split: list(asdiv.read(split, folder)) for split in asdiv.SPLITS}
  assert [len(part) for part in parts.values()] == [16, 2, 2]
  names = {record.example_id for part in parts.values() for record in part}
  assert len(names) == 20
  for split, part in parts.items():
    expected = 0 if split == 'test' else 1
    assert {len(record.rationales) for record in part} == {expected}


@pytest.fixture(scope='module')
def real():
  return list(asdiv.problems(str(shared.path('asdiv'))))


def test_real_sizes(real):
  assert len(real) == 2_305
  assert sum(bool(record.rationales) for record in real) == 2_097
  assert sum(record.label is not None for record in real) == 1_553


def test_real_labels_of_the_teacher(real):
  """Counted: a tie, or no equation in any text of the majority, has none."""
  texts = [
    prompts.Prompts().texts(record, asdiv.ANSWERS, labels.Teacher())
    for record in real
  ]
  labelled = [text.label_target is not None for text in texts]
  tied = sum(text.vote.tie for text in texts)
  bare = sum(
    bool(text.vote.positives) and not given
    for text, given in zip(texts, labelled)
  )
  silent = sum(text.vote.majority is None for text in texts)
  assert (sum(labelled), tied, bare, silent) == (1_827, 79, 191, 208)
  both = [
    asdiv.ANSWERS.same(asdiv.ANSWERS.parse(text.label_target), record.label)
    for record, text in zip(real, texts)
    if record.label and text.label_target
  ]
  assert (sum(both), len(both)) == (1_467, 1_488)


def test_behind_svamp():
  data_set = importlib.import_module('distill_jax.tasks.svamp_asdiv').DATA_SET
  folder = shared.path('asdiv').parent
  parts = {s: list(data_set.records(s, str(folder))) for s in data_set.splits}
  assert [len(part) for part in parts.values()] == [720 + 2_305, 80, 200]
  added = parts['train'][720:]
  assert not any(record.label for record in added)
  asked = {extra_rationales.normal_question(r.question) for r in added}
  for own in parts['validation'] + parts['test']:
    assert extra_rationales.normal_question(own.question) not in asked
  read = {p.name for glob in data_set.files for p in folder.glob(glob)}
  assert {'ASDiv.xml', 'svamp_train.json', 'faithful_cot_12.jsonl'} <= read
