"""From questions to a store that trains, by a teacher in process."""

import json

import pytest

from distill_jax.rationales import store
from distill_jax.teachers import asking, faults, spending
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.prompting import prompting
from distill_jax.teachers.stores import collection
from tests.teachers import fake

_PRICES = spending.Prices(prompt=100.0, completion=1000.0)
_REPLIES = (
  '<Explanation>: They are 2 + 3. <Answer>: ( 2 + 3 )',
  '**Explanation:** 5 in all.\n\n**Answer:** 5',
  '<Explanation>: It is 2 * 3. <Answer>: ( 2 * 3 )',
  'I do not know.',
  '',
)


@pytest.fixture
def data(tmp_path):
  folder = tmp_path / 'data'
  folder.mkdir()
  lines = [
    {
      'example_id': f'q{n}',
      'question': f'Anna has 2 pens and buys 3. Bert has {n}. How many?',
      'label': '( 2 + 3 )',
      'rationales': [{'text': 'Of another teacher.'}],
      'mine': n,
    }
    for n in range(4)
  ]
  for split in ('train', 'validation', 'test'):
    text = '\n'.join(map(json.dumps, lines)) + '\n'
    (folder / f'{split}.jsonl').write_text(text)
  return folder


def _collection(tmp_path, data, **more):
  from distill_jax.text import answers

  given = {
    'teacher': fake.Fake(reply=lambda request, sample: _REPLIES[sample]),
    'output': str(tmp_path / 'out'),
    'task': 'records',
    'data_dir': str(data),
    'answers': answers.Equation(),
    'prompting': prompting.Prompting(examples='svamp'),
    'asking': asking.Asking(first_wait=0.001, prices=_PRICES),
  }
  return collection.Collection(**{**given, **more})


def test_a_store_and_its_neighbours(tmp_path, data):
  job = _collection(tmp_path, data)
  said = job.run('config')
  out = tmp_path / 'out'
  records = list(store.read(out / 'train.jsonl'))
  assert [record.example_id for record in records] == ['q0', 'q1', 'q2', 'q3']
  assert records[2].extra == {'mine': 2}
  samples = records[0].rationales
  assert [(one.text, one.answer, one.sample) for one in samples] == [
    ('They are 2 + 3.', '( 2 + 3 )', 0),
    ('5 in all.', '5', 1),
    ('It is 2 * 3.', '( 2 * 3 )', 2),
    ('I do not know.', '', 3),
  ]
  assert {(one.source, one.temperature) for one in samples} == {('fake', 0.7)}
  for split in ('validation', 'test'):
    others = list(store.read(out / f'{split}.jsonl'))
    assert [one.label for one in others] == ['( 2 + 3 )'] * 4
    assert not any(one.rationales for one in others)
  figures = json.loads((out / 'summary.json').read_text())
  assert figures['questions'] == 4
  # An empty sample is no rationale, but it was asked for and is wrong.
  assert (figures['samples'], figures['empty'], figures['bare']) == (20, 4, 0)
  assert figures['short'] == 0
  assert figures['unparsed'] == 8
  assert figures['sample']['number'] == 8
  assert figures['sample']['total'] == 20
  assert figures['usable'] == 4
  assert figures['vote']['number'] == figures['vote']['total'] == 4
  assert str(out / 'train.jsonl') in said
  card = (out / 'README.md').read_text()
  # 20 samples of (10 * 100 + 5 * 1000) / 1e6.
  assert '$0.1200' in card
  assert '4 questions with 16 rationales.' in card
  assert (out / 'config.gin').read_text() == 'config\n'


def test_changed_settings_do_not_touch_what_is_there(tmp_path, data):
  _collection(tmp_path, data).run('')
  before = (tmp_path / 'out' / 'train.jsonl').read_bytes()
  hot = request_lib.Settings(temperature=1.0)
  with pytest.raises(ValueError, match=r'other settings.*0\.7.*1\.0.*JOURNAL'):
    _collection(tmp_path, data, settings=hot).run('')
  assert (tmp_path / 'out' / 'train.jsonl').read_bytes() == before
  # New samples lie beside the old ones in one journal.
  journal = str(tmp_path / 'out' / 'journal.sqlite')
  more = {'output': str(tmp_path / 'hot'), 'journal': journal}
  who = fake.Fake(reply=lambda request, sample: _REPLIES[sample])
  _collection(tmp_path, data, settings=hot, teacher=who, **more).run('')
  assert len(who.asked) == 4
  again = fake.Fake(reply=lambda request, sample: _REPLIES[sample])
  more['output'] = str(tmp_path / 'cold')
  _collection(tmp_path, data, teacher=again, **more).run('')
  assert not again.asked
  assert (tmp_path / 'cold' / 'train.jsonl').read_bytes() == before


def test_a_folder_with_other_things_is_left_alone(tmp_path, data):
  with pytest.raises(
    ValueError, match=r'holds test\.jsonl, which was not made'
  ):
    _collection(tmp_path, data, output=str(data)).run('')


def test_a_try_grows_into_the_whole(tmp_path, data):
  _collection(tmp_path, data, limit=1).run('')
  assert len(list(store.read(tmp_path / 'out' / 'train.jsonl'))) == 1
  who = fake.Fake(reply=lambda request, sample: _REPLIES[sample])
  _collection(tmp_path, data, teacher=who).run('')
  assert len(who.asked) == 3
  assert len(list(store.read(tmp_path / 'out' / 'train.jsonl'))) == 4


def test_what_a_budget_leaves_is_written_as_it_is(tmp_path, data):
  budget = spending.Budget(money=0.065)
  prices = spending.Prices(completion=1000.0)
  few = asking.Asking(concurrency=1, prices=prices, budget=budget)
  # 5 samples of 5 tokens cost 0.025: two questions have room.
  short = request_lib.Settings(max_tokens=5)
  job = _collection(
    tmp_path,
    data,
    asking=few,
    settings=short,
  )
  with pytest.raises(ValueError, match=r'budget .*raise.*BUDGET.*--as_is'):
    job.run('')
  assert not (tmp_path / 'out' / 'train.jsonl').exists()
  job.run('', as_is=True)
  records = list(store.read(tmp_path / 'out' / 'train.jsonl'))
  there = [len(record.rationales) for record in records]
  assert there == [4, 4, 0, 0]


def test_the_plan_counts_what_is_left(tmp_path, data):
  job = _collection(tmp_path, data)
  plan = job.plan()
  assert 'Anna has 2 pens and buys 3. Bert has 0.' in plan
  assert 'requests   4 for 20 samples; 0 of 20 are in the journal' in plan
  assert 'as the examples have' in plan
  assert not (tmp_path / 'out').exists()
  _collection(tmp_path, data, limit=1).run('')
  plan = job.plan()
  assert 'requests   3 for 15 samples; 5 of 20 are in the journal' in plan
  assert '$0.0300 of it is spent' in plan


def test_the_gold_answer_is_that_of_every_sample(tmp_path, data):
  shown = prompting.Prompting(form='kard_gold', examples='svamp')
  who = fake.Fake(reply=lambda request, sample: f'Reason {sample}.')
  _collection(tmp_path, data, prompting=shown, teacher=who).run('')
  (record, *_) = store.read(tmp_path / 'out' / 'train.jsonl')
  assert {one.answer for one in record.rationales} == {'( 2 + 3 )'}
  figures = json.loads((tmp_path / 'out' / 'summary.json').read_text())
  assert figures['labels_shown'] is True


@pytest.mark.parametrize(
  ('more', 'said'),
  [
    ({'samples': 0}, 'samples is 0'),
    ({'limit': 0}, 'limit is 0'),
    (
      {'settings': request_lib.Settings(temperature=0.0)},
      'samples is 5 at temperature 0',
    ),
  ],
)
def test_settings_that_cannot_be_meant(tmp_path, data, more, said):
  with pytest.raises(ValueError, match=said):
    _collection(tmp_path, data, **more)


@pytest.mark.parametrize(
  ('more', 'said'),
  [
    ({'split': 'dev'}, "no split 'dev', expected one of train"),
    ({'data_dir': '/nowhere'}, 'nowhere/train.jsonl: no such file'),
    ({'data_dir': None}, 'no data folder'),
    (
      {'prompting': prompting.Prompting(form='qrcd', examples='svamp')},
      "'qrcd', expected one of",
    ),
    ({'vocabulary': '/nowhere/spiece.model'}, 'nowhere/spiece.model'),
  ],
)
def test_mistakes_are_found_before_anything_is_asked(
  tmp_path, data, more, said
):
  who = fake.Fake()
  with pytest.raises(ValueError, match=said):
    _collection(tmp_path, data, teacher=who, **more).run('')
  assert not who.asked
  assert not (tmp_path / 'out').exists()


def test_a_split_that_is_named_goes_alone(tmp_path, data):
  for split in ('validation', 'test'):
    (data / f'{split}.jsonl').unlink()
  with pytest.raises(
    ValueError, match=r'validation\.jsonl: no such.*goes along.*SPLIT=train'
  ):
    _collection(tmp_path, data).check()
  _collection(tmp_path, data, split='train').run('')
  there = sorted(path.name for path in (tmp_path / 'out').glob('*.jsonl'))
  assert there == ['train.jsonl']


def test_places_that_are_no_folders(tmp_path, data):
  with pytest.raises(ValueError, match="'gs://b/x', expected a local path"):
    _collection(tmp_path, data, output='gs://b/x').check()


def test_nothing_cannot_be_written_as_it_is(tmp_path, data):
  with pytest.raises(ValueError, match='has no sample of this'):
    _collection(tmp_path, data).run('', as_is=True)


def test_a_first_try_that_failed_claims_nothing(tmp_path, data):
  wrong = fake.Fake(model='tpyo', script=[faults.Unusable('404')] * 9)
  with pytest.raises(faults.Unusable):
    _collection(tmp_path, data, teacher=wrong).run('')
  _collection(tmp_path, data).run('')


def test_the_journal_that_saves_money_is_the_one_there_is(tmp_path, data):
  journal = str(tmp_path / 'elsewhere.sqlite')
  _collection(tmp_path, data, journal=journal).run('')
  hot = request_lib.Settings(temperature=1.0)
  with pytest.raises(ValueError, match=rf'JOURNAL={journal} nothing is paid'):
    _collection(tmp_path, data, settings=hot, journal=journal).run('')


def test_samples_of_others_are_not_written_as_they_are(tmp_path, data):
  journal = str(tmp_path / 'shared.sqlite')
  _collection(tmp_path, data, journal=journal).run('')
  hot = request_lib.Settings(temperature=1.0)
  other = _collection(
    tmp_path, data, settings=hot, journal=journal, output=str(tmp_path / 'new')
  )
  with pytest.raises(ValueError, match='has no sample of this'):
    other.run('', as_is=True)


def test_equal_questions_are_paid_and_counted_once(tmp_path, data):
  path = data / 'train.jsonl'
  rows = [json.loads(line) for line in path.read_text().splitlines()]
  rows = [{**row, 'question': 'Anna has 2 pens and buys 3.'} for row in rows]
  path.write_text('\n'.join(map(json.dumps, rows)) + '\n')
  _collection(tmp_path, data).run('')
  # 5 samples of (10 * 100 + 5 * 1000) / 1e6 serve all four questions.
  card = (tmp_path / 'out' / 'README.md').read_text()
  assert '$0.0300' in card
  assert '| samples paid for | 5; what was asked alike' in card


def test_other_data_do_not_touch_what_is_there(tmp_path, data):
  _collection(tmp_path, data).run('')
  path = data / 'train.jsonl'
  path.write_text(path.read_text().replace('Bert has 3', 'Bert has 30'))
  with pytest.raises(ValueError, match=r"other settings \(data '"):
    _collection(tmp_path, data).run('')


def test_a_store_does_not_shrink(tmp_path, data):
  _collection(tmp_path, data).run('')
  with pytest.raises(ValueError, match='questions 4 there, 2 here'):
    _collection(tmp_path, data, limit=2).run('')


def test_a_split_that_was_put_in_place_stays(tmp_path, data):
  _collection(tmp_path, data, limit=1).run('')
  path = tmp_path / 'out' / 'validation.jsonl'
  (record, *_) = store.read(tmp_path / 'out' / 'train.jsonl')
  store.write(path, [record])
  _collection(tmp_path, data).run('')
  assert list(store.read(path)) == [record]


def test_a_card_tells_of_who_wrote_the_samples(tmp_path, data):
  _collection(tmp_path, data).run('')
  elsewhere = fake.Fake(place='other:2')
  _collection(tmp_path, data, teacher=elsewhere, asking=asking.Asking()).run('')
  text = (tmp_path / 'out' / 'README.md').read_text()
  assert 'here:1' in text
  assert 'other:2' not in text
  assert '$0.1200' in text
