"""Figures of a store against numbers worked out by hand and real data."""

import dataclasses
import json
import pathlib
import tracemalloc

import pytest

from distill_jax.rationales import dss_svamp, faithful_cot
from distill_jax.rationales import record as record_lib
from distill_jax.teachers.stores import figures, summary
from distill_jax.text import answers as answers_lib
from distill_jax.text import vocabulary
from tests import shared

NUMBER = answers_lib.Number()


def _record(name, label, *samples, **more):
  """A question whose samples are (text, answer) or (text, answer, finish)."""
  return record_lib.Record(
    example_id=name,
    question=f'How many {name}?',
    label=label,
    rationales=tuple(
      record_lib.Rationale(
        text=text,
        answer=answer,
        extra={'finish': finish[0]} if finish else {},
      )
      for text, answer, *finish in samples
    ),
    **more,
  )


# a: right 2 of 3, first right, positives 2, negatives 1, agreement 2/3
# b: tie of 5 and 6, first sampled 5 is wrong, the second right; agreement 1/2
# c: nothing asked; d: no label; e: one of three has no answer and two agree,
# one of these says nothing but the answer.
_STORE = (
  _record(
    'a',
    '4',
    ('2 + 2 = 4.', '4'),
    ('So it is four here.', '4.0'),
    ('2 + 3 = 5, as all know.', '5', 'length'),
  ),
  _record('b', '6', ('One two.', '5'), ('One two three.', '6')),
  _record('c', '1'),
  _record('d', None, ('Word.', '9')),
  _record(
    'e',
    '7',
    ('Nobody knows at all.', '', 'content_filter'),
    ('The answer is 8.', None),
    ('It is 8 or so. The answer is 8.', None),
  ),
)


@pytest.fixture(scope='module')
def found():
  return summary.summarise(iter(_STORE), NUMBER, 3)


def test_counts(found):
  assert (found.questions, found.short, found.without) == (5, 3, 1)
  assert (found.samples, found.unparsed, found.bare) == (9, 1, 1)
  assert (found.cut, found.finishes) == (1, {'content_filter': 1})
  assert (found.labelled, found.unusable_labels) == (4, 0)


def test_accuracies(found):
  def counted(share):
    return share.number, share.total

  assert counted(found.sample) == (3, 8)  # a 2 of 3, b 1 of 2, e 0 of 3
  assert counted(found.first) == (1, 3)
  assert counted(found.vote) == (1, 3)
  assert counted(found.untied) == (1, 2)


def test_the_samples_of_a_question_are_one_observation(found):
  """Three questions: Wilson's interval of 3 * 3/8 = 1.125 in 3."""
  p, n, z = 3 / 8, 3, 1.959963984540054
  centre = p + z * z / (2 * n)
  spread = z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
  low, high = found.sample.interval
  assert low == pytest.approx((centre - spread) / (1 + z * z / n))
  assert high == pytest.approx((centre + spread) / (1 + z * z / n))


def test_votes(found):
  assert (found.ties, found.usable) == (1, 1)
  # a 2, d 1, e 1 (the bare one is no candidate) of four questions
  assert found.positives == 1
  assert found.negatives == 0.25
  assert found.agreement == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_lengths(found):
  """Words of a 5, 5, 8; b 2, 3; d 1; e 4 and, without its answer, 5."""
  assert found.words == figures.Lengths(
    mean=33 / 8, median=4.5, long=8, longest=8
  )
  assert found.tokens is None
  assert found.lossy is None


def test_a_percentile_is_one_of_the_lengths():
  counts = figures.collections.Counter(range(1, 101))
  assert figures.lengths(counts) == figures.Lengths(
    mean=50.5, median=50.5, long=95, longest=100
  )
  counts[101] += 1  # of 101 lengths 96 are 95.05 %, 95 are 94.06 %
  assert figures.lengths(counts).long == 96


def test_json_and_text(found):
  data = json.loads(json.dumps(found.to_json()))
  assert data['vote']['share'] == pytest.approx(1 / 3)
  assert data['words']['median'] == 4.5
  assert data['finishes'] == {'content_filter': 1}
  lines = found.text().splitlines()
  said = 'questions 5, 1 without any sample, 3 with fewer than 3'
  assert ' '.join(lines[0].split()) == said
  assert 'note' not in found.text()


def test_answers_that_were_shown_are_no_accuracy():
  shown = summary.summarise(_STORE, NUMBER, 3, labels_shown=True)
  assert 'note' in shown.text()
  assert shown.to_json()['labels_shown'] is True


@pytest.mark.parametrize(
  'store', [(), (_record('c', '1'),), (_record('d', None, ('Word.', '')),)]
)
def test_of_nothing_there_are_no_figures(store):
  found = summary.summarise(store, NUMBER, None)
  assert found.sample is found.vote is found.untied is found.agreement is None
  assert json.dumps(found.to_json())
  assert 'accuracy' not in found.text()


def test_a_label_of_another_kind_is_counted_and_not_judged():
  store = [_record('a', 'four', ('Two.', '2')), _STORE[0]]
  found = summary.summarise(store, NUMBER, 1)
  assert (found.labelled, found.unusable_labels) == (2, 1)
  assert found.sample.total == 3
  assert 'unusable labels' in found.text()


def test_choices_are_answered_by_letter():
  record = _record('a', 'in town', ('So.', '(b)'), choices=('by it', 'in town'))
  found = summary.summarise([record], answers_lib.Text(), 1)
  assert found.vote.number == 1


def test_tokens_and_lost_characters():
  """Of T5's vocabulary; '<' has no piece. 'a < b' is three words."""
  path = shared.path('tokenizers', 't5_spiece.model')
  reader = vocabulary.Vocabulary(str(path))
  path = shared.path('tokenizers', 't5_golden_ids.json')
  text, ids = next(
    (text, ids)
    for text, ids, _ in json.loads(path.read_text())
    if len(ids) > 5 and 2 not in ids
  )
  store = [_record('a', None, (text, '1'), ('Now 1 < 2.', '2'))]
  found = summary.summarise(store, NUMBER, 2, reader)
  assert found.tokens.longest == len(ids) + (ids[-1] != 1)
  assert (found.lossy.number, found.lossy.total) == (1, 2)
  assert found.lost == ('<',)


def test_memory_does_not_grow_with_the_records():
  """Kept, 2,000 of them would take 6 MB."""

  def most(number):
    tracemalloc.start()
    store = (
      _record('a', '4', (f'{at} is {"so" * 1000}.', '4'), ('So.', '5'))
      for at in range(number)
    )
    summary.summarise(store, NUMBER, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak

  assert most(2000) < most(20) + 300_000  # bytes


@pytest.mark.parametrize(('part', 'right'), [('train', 588), ('test', 148)])
def test_palm_on_svamp(part, right):
  """588 of 800 and 148 of 200, as the README of the data says."""
  folder = shared.path('svamp')
  records = dss_svamp.SVAMP.part(part, pathlib.Path(folder))
  found = summary.summarise(records, answers_lib.Equation(), 1)
  assert found.first.number == found.sample.number == right
  assert found.first.total == {'train': 800, 'test': 200}[part]


def test_twelve_completions_on_svamp():
  """The majority is right on 914 of 1,000, on 909 of 975 without a tie."""
  path = shared.path('svamp', 'faithful_cot_12.jsonl')
  gold = [json.loads(line)['gold'] for line in path.read_text().splitlines()]
  records = (
    dataclasses.replace(record, label=label)
    for record, label in zip(faithful_cot.read(path), gold, strict=True)
  )
  found = summary.summarise(records, NUMBER, 12)
  assert (found.questions, found.samples, found.short) == (1000, 12_000, 0)
  assert (found.vote.number, found.vote.total) == (914, 1000)
  assert (found.untied.number, found.untied.total) == (909, 975)
  assert found.ties == 25
