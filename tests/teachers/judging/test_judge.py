"""Which of two runs explains better, by judges that are known through."""

import dataclasses
import json
import re

import pytest

from distill_jax import judge as entry
from distill_jax.teachers import asking, faults
from distill_jax.teachers import request as request_lib
from distill_jax.teachers.judging import drawing, judge
from tests.teachers import fake, server

_SHOWN = re.compile(
  r'Explanation A: (.*?)\n\nExplanation B: (.*?)\n\nSay', re.S
)


def _shown(request):
  return _SHOWN.search(request.messages[-1].content).groups()


def _always_a(request, sample):
  return 'Verdict: A'


def _longer(request, sample):
  return longer([{'content': one.content} for one in request.messages], '')


def longer(messages, key):
  """As the server of `test_a_table_of_four_data_sets` has it."""
  del key
  shown = _SHOWN.search(messages[-1]['content']).groups()
  a, b = (len(text.split()) for text in shown)
  return f'Verdict: {"A" if a > b else "B" if b > a else "tie"}'


def _knowing(request, sample):
  """Prefers what holds the word 'right', whatever its length."""
  a, b = ('right' in text for text in _shown(request))
  return f'One is right.\nVerdict: {"tie" if a == b else "A" if a else "B"}'


def _prediction(number, rationale, **more):
  return {
    'example_id': f'pens/{number}',
    'question': f'How many are {number} and 2?',
    'label': str(number + 2),
    'prediction': '0',
    'rationale': rationale,
    **more,
  }


def _run(folder, rationales, **more):
  """A run's folder that was evaluated with --rationales."""
  for name in ('eval', 'predictions'):
    (folder / name).mkdir(parents=True)
  (folder / 'eval' / 'pens.json').write_text('{"split": "test"}')
  rows = (_prediction(i, one, **more) for i, one in enumerate(rationales))
  text = ''.join(json.dumps(row) + '\n' for row in rows)
  (folder / 'predictions' / 'pens.jsonl').write_text(text)
  return folder


# 12 questions: the first side is right in 0 to 3, the second in 3 to 8, where
# 8 is one text; the first is longer in all but 8 and 11.
_FIRST = (
  *['right, as anybody can see'] * 4,
  *['wrong, as anybody can see'] * 4,
  'right on',
  *['wrong, as anybody can see'] * 2,
  '',
)
_SECOND = (*['wrong'] * 3, *['right'] * 5, 'right on', *['wrong'] * 3)


def _judge(tmp_path, reply, first=_FIRST, second=_SECOND, **more):
  sides = {'dss': first, 'qcrd': second}
  for name, texts in sides.items():
    if not (tmp_path / name).exists():
      _run(tmp_path / name, texts)
  pair = drawing.Pair(
    name='pens', first='dss', second='qcrd', results_dir=str(tmp_path)
  )
  given = {
    'teacher': fake.Fake(reply=reply),
    'output': str(tmp_path / 'out'),
    'pairs': (pair,),
    'names': ('DSS', 'QCRD'),
    'temperatures': (0.0,),
    'asking': asking.Asking(first_wait=0.001),
  }
  return judge.Judge(**{**given, **more})


def _told(tmp_path):
  return json.loads((tmp_path / 'out' / 'judge.json').read_text())


def _row(tmp_path, place=0):
  row = _told(tmp_path)['rows'][place]
  return {**row, **(row['standing'] or {})}


def test_a_judge_that_knows_is_believed(tmp_path):
  _judge(tmp_path, _knowing).run('')
  row = _row(tmp_path)
  # 0 to 2 are the first's, 4 to 7 the second's; 3 and 9 to 11 are alike.
  assert (row['first'], row['tie'], row['second']) == (3, 5, 4)
  assert (row['same'], row['order'], row['torn'], row['unparsed']) == (
    1,
    0,
    0,
    0,
  )
  assert row['items'] == 12
  assert row['share'] == pytest.approx(4 / 7)
  # The first side is longer wherever anybody won.
  assert (row['longer'], row['shorter']) == (3, 4)
  # Ten texts of five words, one of two, one of none; eleven and one.
  assert row['first_words'] == pytest.approx(52 / 12)
  assert row['second_words'] == pytest.approx(13 / 12)


def test_a_judge_that_always_says_a_decides_nothing(tmp_path):
  _judge(tmp_path, _always_a).run('')
  row = _row(tmp_path)
  assert (row['first'], row['tie'], row['second']) == (0, 12, 0)
  assert (row['order'], row['same']) == (11, 1)
  assert (row['place_a'], row['place_b']) == (22, 0)
  assert (row['share'], row['p_value']) == (None, 1.0)


def test_a_judge_that_goes_by_length_is_exposed(tmp_path):
  _judge(tmp_path, _longer).run('')
  row = _row(tmp_path)
  # '(nothing)' stands for the empty one, and is as long as 'wrong'.
  assert (row['first'], row['tie'], row['second']) == (10, 2, 0)
  assert (row['longer'], row['shorter']) == (10, 0)
  assert 'longer' in (tmp_path / 'out' / 'judge.md').read_text()
  assert '| 10 of 10 |' in (tmp_path / 'out' / 'judge.md').read_text()


def test_what_cannot_be_read_is_a_tie_of_its_own(tmp_path):
  reply = lambda request, sample: (
    'Both have their merits.'
    if 'pens, pens/0, DSS' in request.name
    else _knowing(request, sample)
  )
  _judge(tmp_path, reply).run('')
  row = _row(tmp_path)
  assert (row['first'], row['tie'], row['second']) == (2, 6, 4)
  assert row['unparsed'] == 1
  assert row['place_a'] + row['place_b'] == 2 * 6 + 1


def test_what_was_refused_is_left_out_and_told(tmp_path):
  teacher = fake.Fake(
    reply=_knowing,
    refuses={'pens, pens/4, QCRD as A': faults.Refused('never')},
  )
  said = _judge(tmp_path, None, teacher=teacher).run('')
  row = _row(tmp_path)
  assert (row['items'], row['second'], row['unanswered']) == (11, 3, 1)
  assert '1 questions lack a reply' in said


def test_a_row_for_each_temperature(tmp_path):
  warm = lambda request, sample: (
    _always_a if request.settings.temperature else _knowing
  )(request, sample)
  job = _judge(tmp_path, warm, temperatures=(0.0, 0.7))
  job.run('')
  rows = _told(tmp_path)['rows']
  assert [row['temperature'] for row in rows] == [0.0, 0.7]
  assert [row['standing']['first'] for row in rows] == [3, 0]
  assert len(job.teacher.asked) == 2 * 2 * 11
  job.run('')
  assert len(job.teacher.asked) == 2 * 2 * 11
  table = (tmp_path / 'out' / 'judge.md').read_text().splitlines()
  assert table[-2].startswith('| pens | 0 | 12 | 3 | 5 | 4 | 57.1% (18.4% to ')
  assert table[-1].startswith('| pens | 0.7 | 12 | 0 | 12 | 0 |  | 1.000 | ')


def test_sides_of_one_text_are_ties_and_nobody_is_asked(tmp_path):
  job = _judge(tmp_path, None, _FIRST, _FIRST)
  assert 'none' in job.plan()
  job.run('')
  assert not job.teacher.asked
  row = _row(tmp_path)
  assert (row['items'], row['tie'], row['same']) == (12, 12, 12)
  assert {one['settled'] for one in _told(tmp_path)['items']} == {'same'}


def test_names_are_words_and_nothing_else(tmp_path):
  """Braces in a name are no places to fill."""
  names = ('{second}', '{0} {model} {')
  _judge(tmp_path, _knowing, names=names).run('')
  title, *lines = (tmp_path / 'out' / 'judge.md').read_text().splitlines()
  plain = title.replace('\\', '')
  assert plain == '# {second} and {0} {model} {'
  heads = next(line for line in lines if 'better' in line).replace('\\', '')
  assert '| {second} better | tie | {0} {model} { better |' in heads


def test_every_verdict_is_kept_with_what_it_is_about(tmp_path):
  _judge(tmp_path, _knowing).run('')
  items = {one['example_id']: one for one in _told(tmp_path)['items']}
  assert len(items) == 12
  assert items['pens/0'] == {
    'pair': 'pens',
    'temperature': 0.0,
    'example_id': 'pens/0',
    'question': 'How many are 0 and 2?',
    'label': '2',
    'first': 'right, as anybody can see',
    'second': 'wrong',
    'settled': 'first',
    'orders': [
      {'a': 'first', 'verdict': 'A', 'reply': 'One is right.\nVerdict: A'},
      {'a': 'second', 'verdict': 'B', 'reply': 'One is right.\nVerdict: B'},
    ],
  }
  assert items['pens/8']['orders'] == []
  assert items['pens/8']['settled'] == 'same'


def test_the_judge_is_not_told_who_wrote_what(tmp_path):
  job = _judge(tmp_path, _knowing)
  there, back = list(job.requests())[:2]
  for request in (there, back):
    said = ' '.join(message.content for message in request.messages).lower()
    assert not re.search(r'\b(dss|qcrd|first side|student|teacher)\b', said)
  assert _shown(there) == _shown(back)[::-1]


def test_items_are_drawn_before_anything_is_seen(tmp_path):
  few = {'items': 4, 'seed': 3}
  names = lambda job: [request.name for request in job.requests()]
  job = _judge(tmp_path, None, **few)
  other = tmp_path / 'other'
  other.mkdir()
  texts = [f'{i} other words' for i in range(12)]
  again = _judge(other, None, texts, texts[::-1], **few)
  assert len(names(again)) == 8
  same = [name for name in names(again) if 'pens/8,' not in name]
  assert same == [name for name in names(job) if 'pens/8,' not in name]
  assert names(dataclasses.replace(job, seed=4)) != names(job)


def test_a_prompt_of_ones_own_may_show_the_label(tmp_path):
  path = tmp_path / 'mine.toml'
  path.write_text("ask = '{question} {label}! {a} | {b}'")
  job = _judge(tmp_path, None, prompt=str(path))
  assert (
    ' 2! right'
    in next(one for one in job.requests() if 'pens/0, DSS' in one.name)
    .messages[0]
    .content
  )
  _run(tmp_path / 'bare' / 'dss', ['x'], label=None)
  _run(tmp_path / 'bare' / 'qcrd', ['y'], label=None)
  with pytest.raises(ValueError, match='pens/0 has no label'):
    _judge(tmp_path / 'bare', None, prompt=str(path)).check()


def test_other_texts_are_another_result(tmp_path):
  _judge(tmp_path, _knowing).run('')
  path = tmp_path / 'dss' / 'predictions' / 'pens.jsonl'
  path.write_text(path.read_text().replace('anybody', 'everybody'))
  with pytest.raises(ValueError, match='holds the result of other settings'):
    _judge(tmp_path, _knowing).check()


@pytest.mark.parametrize(
  ('more', 'sentence'),
  [
    ({'pairs': ()}, 'Judge.pairs are called nothing'),
    ({'temperatures': ()}, 'at least one and None'),
    ({'settings': request_lib.Settings()}, 'is 0.7, expected at least one'),
    ({'temperatures': (3.0,)}, 'temperature is 3.0, expected 0 to 2'),
    ({'items': 0}, 'Judge.items is 0'),
  ],
)
def test_settings_that_cannot_be(tmp_path, more, sentence):
  with pytest.raises(ValueError, match=sentence):
    _judge(tmp_path, None, **more)


def test_sides_that_do_not_belong_together(tmp_path):
  _run(tmp_path / 'dss', ['x'])
  _run(tmp_path / 'qcrd', ['y'], question='Why?')
  with pytest.raises(ValueError, match='different questions by the name'):
    _judge(tmp_path, None).check()


def _main(monkeypatch, *arguments):
  monkeypatch.setattr('sys.argv', ['judge', *arguments])
  entry.main()


def test_a_table_of_four_data_sets(tmp_path, monkeypatch, capsys):
  given = {'OUTPUT': tmp_path / 'out', 'ITEMS': 5}
  for name in ('SVAMP', 'CQA', 'ANLI1', 'ESNLI'):
    given[name] = tmp_path / name
    _run(given[name] / 'runs' / 'dss' / 'seed_0', _FIRST)
    _run(given[name] / 'runs' / 'qcrd' / 'seed_0', _SECOND)
  monkeypatch.setenv('OPENAI_API_KEY', 'none')
  argv = [f'--gin.{name}={value}' for name, value in given.items()]
  argv.append('--gin_file=tables/qcrd_judge.gin')
  _main(monkeypatch, *argv, '--dry_run')
  said = capsys.readouterr().out
  assert '[user]\nQuestion: How many are' in said
  assert not (tmp_path / 'out').exists()
  reply = 'tests.teachers.judging.test_judge:longer'
  with server.serve(reply=reply) as endpoint:
    _main(monkeypatch, *argv, f'--gin.URL={endpoint.url}')
    told = endpoint.count()['accepted']
  table = (tmp_path / 'out' / 'judge.md').read_text()
  assert '| DSS better | tie | QCRD better |' in table
  rows = [line.split(' | ')[:3] for line in table.splitlines()[-8:]]
  assert rows == [
    [f'| {name}', temperature, '5']
    for name in ('SVAMP', 'CQA', 'ANLI1', 'e-SNLI')
    for temperature in ('0', '0.7')
  ]
  # Four data sets of one content: what is asked alike is paid once.
  orders = {
    (one['example_id'], one['temperature'], order['a'])
    for one in _told(tmp_path)['items']
    for order in one['orders']
  }
  assert told == len(orders)


def test_two_runs(tmp_path, monkeypatch, capsys):
  first, second = (
    _run(tmp_path / name, texts)
    for name, texts in (('a', _FIRST), ('b', _SECOND))
  )
  given = {'FIRST': first, 'SECOND': second, 'OUTPUT': tmp_path / 'out'}
  argv = [f'--gin.{name}={value}' for name, value in given.items()]
  argv += ['--gin_file=judge.gin', '--gin.MODEL=m', '--dry_run']
  _main(monkeypatch, *argv)
  assert '44 for 44 samples' in capsys.readouterr().out
  with pytest.raises(SystemExit):
    _main(monkeypatch, *argv, '--gin.TEMPERATURE=0.5')
  assert 'expected at least one and None' in capsys.readouterr().err


def test_a_table_says_what_was_compared_and_a_judge_that_cannot_be_read(
  tmp_path, caplog
):
  job = _judge(tmp_path, lambda request, sample: 'Well.')
  job.run('')
  text = (tmp_path / 'out' / 'judge.md').read_text()
  for side in (str(tmp_path / 'dss'), str(tmp_path / 'qcrd')):
    assert side in text
  assert 'no verdict can be read of' in caplog.text
