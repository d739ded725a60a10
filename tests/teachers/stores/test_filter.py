"""Rationales that lead a model to the right answer, and no others."""

import json

import pytest

from distill_jax import filter as entry
from distill_jax.data import prepare, source
from distill_jax.rationales import store
from distill_jax.teachers import asking, faults
from distill_jax.teachers.stores import filter as filter_lib
from distill_jax.text import answers
from tests import untrained
from tests.data import brought
from tests.teachers import fake

# What the model says when its prompt holds one of these.
_SAYS = {
  'ice is light': 'The answer is (b).',
  'wood is light': '(b) ice',
  'iron is heavy': 'iron',
  'who knows': 'I cannot tell.',
  'plus': 'It comes to 5.',
  'times': '2 * 3',
}


def _says(request, sample):
  asked = request.messages[-1].content
  return next(said for words, said in _SAYS.items() if words in asked)


def _record(name, label, *texts, **more):
  rationales = [
    {'text': text, 'source': 'gpt', 'sample': k, 'mine': k}
    for k, text in enumerate(texts)
  ]
  return {
    'example_id': name,
    'question': 'What floats?',
    'choices': ['iron', 'ice'],
    'label': label,
    'rationales': rationales,
    **more,
  }


_RECORDS = (
  _record(
    'a',
    'b',
    'Well, ice is light. So the answer is (a).',
    'Well, iron is heavy. So the answer is (b).',
    'Well, who knows. So the answer is (b).',
    'The answer is (b).',
    'Well, ice is light.',
    'Well, wood is light.',
    more={'kept': True},
  ),
  _record('b', 'ice', 'Well, iron is heavy.', question='What swims?'),
  _record('c', None, 'Well, ice is light.'),
  _record('d', 'iron'),
)


def _write(folder, *records):
  folder.mkdir()
  for split in ('train', 'validation', 'test'):
    text = ''.join(json.dumps(record) + '\n' for record in records)
    (folder / f'{split}.jsonl').write_text(text)
  return folder


def _filter(tmp_path, records=_RECORDS, **more):
  given = {
    'teacher': fake.Fake(reply=_says),
    'output': str(tmp_path / 'out'),
    'data_dir': str(_write(tmp_path / 'data', *records)),
    'asking': asking.Asking(first_wait=0.001),
  }
  return filter_lib.Filter(**{**given, **more})


def _left(tmp_path, split='train'):
  return {
    record.example_id: [one.sample for one in record.rationales]
    for record in store.read(tmp_path / 'out' / f'{split}.jsonl')
  }


def _counts(tmp_path):
  return json.loads((tmp_path / 'out' / 'summary.json').read_text())['filter']


def test_what_leads_to_the_gold_answer_stays(tmp_path):
  said = _filter(tmp_path).run('')
  # Whatever a rationale states itself; c has no label; d has nothing to check.
  assert _left(tmp_path) == {'a': [0, 4, 5], 'b': [], 'd': []}
  assert _counts(tmp_path) == {
    'questions': 3,
    'unlabelled': 1,
    'emptied': 1,
    'rationales': 7,
    'kept': 3,
    'wrong': 2,
    'unparsed': 1,
    'unanswered': 0,
    'bare': 1,
    'sources': {'gpt': 3},
  }
  assert '3 of 6 checked' in said
  assert '1 questions without a label' in said
  first, *_ = store.read(tmp_path / 'out' / 'train.jsonl')
  assert first.extra == {'more': {'kept': True}}
  assert first.rationales[0].extra == {'mine': 0}
  assert first.rationales[0].text.endswith('So the answer is (a).')


def test_other_splits_go_along(tmp_path):
  _filter(tmp_path).run('')
  for split in ('validation', 'test'):
    there = list(store.read(tmp_path / 'data' / f'{split}.jsonl'))
    assert list(store.read(tmp_path / 'out' / f'{split}.jsonl')) == there


def test_what_is_left_trains(tmp_path):
  _filter(tmp_path).run('')
  read = source.Source(task='records', data_dir=str(tmp_path / 'out'))
  found = {
    record.example_id: example
    for record, example in prepare.examples(read, 'train')
  }
  assert found['a']['label_targets'] == 'ice'
  # The first one states (a), the others nothing: it is all the vote there is.
  assert found['a']['votes'] == (1, 0, 0)
  assert found['b']['label_targets'] == 'ice'
  assert found['b']['rationales'] == ()


def test_the_model_reads_question_and_reasoning_alone(tmp_path):
  job = _filter(tmp_path)
  first, *_ = requests = list(job.requests())
  # What is said twice is asked once, what says nothing not at all.
  assert [request.name for request in requests] == [
    'a, rationale 0',
    'a, rationale 1',
    'a, rationale 2',
    'a, rationale 5',
    'b, rationale 0',
  ]
  (message,) = first.messages
  assert message.role == 'user'
  assert 'What floats?\nAnswer Choices:\n(a) iron\n(b) ice\n' in message.content
  assert 'Reasoning: Well, ice is light.\n' in message.content
  assert 'the answer is' not in message.content.lower()
  job.run('')
  assert len(job.teacher.asked) == 5
  job.run('')  # everything is in the journal
  assert len(job.teacher.asked) == 5


def test_equations_agree_by_their_value(tmp_path):
  records = (
    _record('a', '( 2 + 3 )', 'a plus b', 'a times b', choices=None),
    _record('b', '( 3 * 2 )', 'a plus b', 'a times b', choices=None),
  )
  _filter(tmp_path, records, answers=answers.Equation()).run('')
  assert _left(tmp_path) == {'a': [0], 'b': [1]}


def _fate(tmp_path, reply, kind, label, **more):
  """What becomes of a rationale after a reply."""
  record = _record('a', label, 'Think of it.', **{'choices': None, **more})
  teacher = fake.Fake(reply=lambda request, sample: reply)
  _filter(tmp_path, (record,), teacher=teacher, answers=kind).run('')
  counts = _counts(tmp_path)
  return next(name for name in ('kept', 'wrong', 'unparsed') if counts[name])


@pytest.mark.parametrize(
  ('reply', 'fate'),
  [
    ('yes', 'kept'),
    ('**Yes**', 'kept'),
    ('Answer: yes.', 'kept'),
    ('yes, because the moose is strong', 'kept'),
    ('Yes. The moose is strong.', 'kept'),
    ('<think>Surely no.\nThe answer is no.</think>\nyes', 'kept'),
    ('It is strong.\nSo the answer is yes.', 'kept'),
    ('It is strong.\n\n**Answer:** yes\n\nShall I go on?', 'kept'),
    ('no', 'wrong'),
    ('<think>yes', 'unparsed'),
    ('', 'unparsed'),
  ],
)
def test_a_text_is_read_as_chat_models_write_it(tmp_path, reply, fate):
  assert _fate(tmp_path, reply, answers.Text(), 'yes') == fate


@pytest.mark.parametrize(
  ('reply', 'fate'),
  [
    ('**(b)**', 'kept'),
    ('(b), because iron is heavy', 'kept'),
    ('ice because (a) is wrong', 'kept'),
    ('(a) is wrong, so ice', 'unparsed'),
    ('(a) or (b)', 'unparsed'),
    ('**Iron**', 'wrong'),
  ],
)
def test_a_choice_is_read_as_chat_models_write_it(tmp_path, reply, fate):
  choices = {'choices': ['iron', 'ice']}
  assert _fate(tmp_path, reply, answers.Text(), 'b', **choices) == fate
  words = answers.OneOf(choices=('iron', 'ice'))
  (tmp_path / 'again').mkdir()
  assert _fate(tmp_path / 'again', reply, words, 'ice') == fate


@pytest.mark.parametrize(
  ('reply', 'fate'),
  [
    ('84 / 2 rolls', 'kept'),
    ('**(84 / 2)**', 'kept'),
    ('42, because 84 / 2 = 42', 'kept'),
    ('Half of 84 rolls.\n\n$\\boxed{42}$', 'kept'),
    ('84 * 2 rolls', 'wrong'),
    ('Nobody knows.', 'unparsed'),
  ],
)
def test_an_equation_is_read_as_chat_models_write_it(tmp_path, reply, fate):
  assert _fate(tmp_path, reply, answers.Equation(), '( 84 / 2 )') == fate


def test_words_of_a_class_are_offered(tmp_path):
  words = answers.OneOf(choices=('iron', 'ice'))
  records = (
    _record('a', 'ice', 'ice is light', 'iron is heavy', choices=None),
  )
  job = _filter(tmp_path, records, answers=words)
  assert '(a) iron\n(b) ice' in next(job.requests()).messages[0].content
  job.run('')
  assert _left(tmp_path) == {'a': [0]}


def test_what_was_not_answered_is_dropped_and_counted(tmp_path):
  refused = faults.Refused('too long')
  teacher = fake.Fake(reply=_says, refuses={'a, rationale 0': refused})
  _filter(tmp_path, teacher=teacher).run('')
  assert _left(tmp_path)['a'] == [5]
  assert _counts(tmp_path)['unanswered'] == 2


def test_the_card_tells_what_was_done(tmp_path):
  _filter(tmp_path).run('')
  card = (tmp_path / 'out' / 'README.md').read_text()
  assert card.startswith('---\ntags: [rationales')
  assert '`fake` at `here:1` read each question' in card
  assert 'written by `gpt` (3)' in card
  assert 'Reasoning: Well, ice is light.' in card
  assert str(tmp_path) not in card


@pytest.mark.parametrize(
  ('more', 'sentence'),
  [
    (
      {'prompt': 'anwser'},
      "no prompt 'anwser', expected one of answer or .*gin.PROMPT",
    ),
    ({'limit': 0}, 'limit is 0'),
    ({'data_dir': '/nowhere'}, '/nowhere/train.jsonl: no such file'),
  ],
)
def test_mistakes_are_told_before_anything_is_asked(tmp_path, more, sentence):
  with pytest.raises(ValueError, match=sentence):
    _filter(tmp_path, **more).check()


@pytest.mark.parametrize(
  ('text', 'sentence'),
  [
    ("ask = '{question} {rational}'", 'has {rational}, expected one of'),
    ("ask = '{question}'", 'has no {rationale}'),
    ("asks = '{question} {rationale}'", "unknown key 'asks'"),
    ('ask = ', 'expected a TOML file'),
  ],
)
def test_a_wrong_prompt_is_named(tmp_path, text, sentence):
  path = tmp_path / 'mine.toml'
  path.write_text(text)
  with pytest.raises(ValueError) as raised:
    _filter(tmp_path, prompt=str(path)).check()
  assert sentence in str(raised.value)
  assert str(raised.value).startswith(str(path))


def test_a_label_of_another_kind_stops_before_anything_is_asked(tmp_path):
  job = _filter(tmp_path, (_record('a', 'wood', 'x'),))
  with pytest.raises(ValueError, match="label 'wood' is none of the choices"):
    job.run('')
  assert not job.teacher.asked


def test_a_student_of_ones_own_checks_by_the_entry(
  tmp_path, monkeypatch, capsys
):
  student = untrained.write(tmp_path)
  prompt = tmp_path / 'short.toml'
  prompt.write_text("ask = '{rationale}{question}'")
  given = {
    'STUDENT': student,
    'DATA_DIR': brought.write(
      tmp_path / 'mine', train=[brought.line(1, question='Who?')]
    ),
    'OUTPUT': tmp_path / 'out',
    'PROMPT': prompt,
    'MAX_TOKENS': 8,
  }
  argv = [
    'filter',
    '--gin_file=filter_kard.gin',
    '--gin_file=parts/local_teacher.gin',
    *(f'--gin.{name}={value}' for name, value in given.items()),
  ]
  monkeypatch.setattr('sys.argv', [*argv, '--dry_run'])
  entry.main()
  assert 'teacher    dss@7-' in capsys.readouterr().out
  assert not (tmp_path / 'out').exists()
  monkeypatch.setattr('sys.argv', argv)
  entry.main()
  counts = _counts(tmp_path)
  # It has learnt nothing; its answers are texts, but none of them is right.
  assert (counts['questions'], counts['rationales']) == (1, 3)
  assert counts['wrong'] + counts['unparsed'] + counts['unanswered'] == 3
  assert counts['unanswered'] < 3
  assert 'journal.sqlite' in [
    path.name for path in (tmp_path / 'out').iterdir()
  ]
