"""What a judge said, and what two orders come to."""

import math

import pytest

from distill_jax.teachers.judging import standings, verdicts

_FIRST, _SECOND = verdicts.Settled.FIRST, verdicts.Settled.SECOND


@pytest.mark.parametrize(
  ('reply', 'verdict'),
  [
    ('Verdict: A', 'A'),
    ('A adds the pens, B forgets two.\n\nVerdict: A', 'A'),
    ('Both are right.\n**Verdict:** tie.\n', 'tie'),
    ('verdict : [[b]]', 'B'),
    ('Verdict: A\nOn reflection...\nVerdict: A', 'A'),
    ('B', 'B'),
    (' "Tie." ', 'tie'),
    ('**A**', 'A'),
    ('Final verdict: A', 'A'),
    ('So.\n\n**Final Verdict: B**', 'B'),
    ('Verdict:\nA', 'A'),
    ('Both add.\n\n**Verdict:**\n\n**tie**\n', 'tie'),
    ('<think>Verdict: B\nor not</think>\nVerdict: A', 'A'),
    ('<think>A?</think>B', 'B'),
    ('<think>Verdict: B', None),
    ('Verdict:\nA\nB\ntie', None),
    ('Verdict:\nA adds the pens.', None),
    ('Verdict: A\nVerdict:\nB', None),
    # Said, but not in the form that was asked for.
    ('A is better.', None),
    ('I prefer B', None),
    ('Verdict: A or B', None),
    ('Verdict: A\nVerdict: B', None),
    ('Verdict: both', None),
    ('Verdict:', None),
    ('The verdict: A', None),
    ('', None),
  ],
)
def test_a_verdict_is_read_strictly(reply, verdict):
  assert verdicts.read(reply) == verdict


@pytest.mark.parametrize(
  ('forward', 'backward', 'settled'),
  [
    ('A', 'B', 'first'),
    ('B', 'A', 'second'),
    ('tie', 'tie', 'tie'),
    ('A', 'A', 'order'),
    ('B', 'B', 'order'),
    ('A', 'tie', 'torn'),
    ('tie', 'A', 'torn'),
    (None, 'B', 'unparsed'),
    ('A', None, 'unparsed'),
    (None, None, 'unparsed'),
  ],
)
def test_two_orders(forward, backward, settled):
  assert verdicts.settle(forward, backward).value == settled


def _judged(forward, backward, first, second):
  return verdicts.Judged(
    settled=verdicts.settle(forward, backward),
    words=(first, second),
    verdicts=(forward, backward),
  )


def test_a_standing_counted_by_hand():
  found = standings.count(
    [
      _judged('A', 'B', 10, 20),  # first, the shorter one
      _judged('B', 'A', 10, 30),  # second, the longer one
      _judged('B', 'A', 10, 10),  # second, as long
      _judged('B', 'A', 40, 30),  # second, the shorter one
      _judged('A', 'A', 10, 20),
      _judged('tie', 'A', 10, 20),
      _judged('tie', 'tie', 10, 20),
      _judged(None, 'B', 10, 20),
      verdicts.Judged(settled=verdicts.Settled.SAME, words=(7, 7)),
    ]
  )
  assert (found.first, found.tie, found.second, found.items) == (1, 5, 3, 9)
  assert (found.same, found.order, found.torn, found.unparsed) == (1, 1, 1, 1)
  # A: once in each of the four decided ones, twice, once; B: four, and one.
  assert (found.place_a, found.place_b) == (7, 5)
  assert (found.longer, found.shorter) == (1, 2)
  assert found.first_words == pytest.approx(117 / 9)
  assert found.second_words == pytest.approx(177 / 9)
  assert found.share == 0.75
  # Two-sided: P(0, 1, 3 or 4 of 4) = (1 + 4 + 4 + 1) / 16.
  assert found.p_value == pytest.approx(10 / 16)


def _upto(most, total, p):
  return sum(
    math.comb(total, k) * p**k * (1 - p) ** (total - k) for k in range(most + 1)
  )


@pytest.mark.parametrize(('first', 'second'), [(21, 29), (26, 23), (3, 33)])
def test_the_interval_is_clopper_and_pearsons(first, second):
  """At its ends either tail holds 2.5 %; counts of arXiv:2405.13014."""
  total = first + second
  judged = [_judged('A', 'B', 1, 2)] * first + [
    _judged('B', 'A', 1, 2)
  ] * second
  found = standings.count(judged)
  assert 1 - _upto(second - 1, total, found.low) == pytest.approx(0.025)
  assert _upto(second, total, found.high) == pytest.approx(0.025)
  tail = _upto(min(first, second), total, 0.5)
  assert found.p_value == pytest.approx(min(1.0, 2 * tail))


def test_nobody_won():
  found = standings.count([_judged('A', 'A', 5, 6)])
  assert (found.share, found.low, found.high, found.p_value) == (
    *(None, None, None),
    1.0,
  )


def test_all_won_by_one():
  found = standings.count([_judged('B', 'A', 5, 6)] * 5)
  assert found.high == 1.0
  assert found.low == pytest.approx(0.025 ** (1 / 5))
  assert found.p_value == pytest.approx(2 / 2**5)


def test_no_question_is_refused():
  with pytest.raises(ValueError, match='at least one judged question'):
    standings.count([])
