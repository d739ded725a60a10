"""Many requests at once, against a teacher whose script goes wrong."""

import asyncio
import time

import pytest

from distill_jax.teachers import asking, faults, journal, progress, spending
from tests.teachers import fake

_FAST = {'first_wait': 0.001, 'longest_wait': 0.002}
_PRICES = spending.Prices(prompt=100.0, completion=1000.0)
_AS_ESTIMATED = (6, 5)  # tokens of 'q7', where a budget sets aside for 6


def _ask(path, who, requests, **more):
  with journal.opened(path / 'j') as kept:
    how = asking.Asking(**{**_FAST, **more})
    told = progress.Progress(len(requests), how.prices)
    outcome = how.ask(who, requests, kept, told)
    return outcome, told


def _there(path, requests):
  with journal.opened(path / 'j') as kept:
    return {
      one.name: [
        found[key].text if key in found else None for key in one.keys('fake')
      ]
      for one in requests
      for found in [kept.find(one.keys('fake'))]
    }


def _whole(requests):
  return {
    one.name: [fake.text(one.name, sample) for sample in one.samples]
    for one in requests
  }


def test_every_sample_arrives_once(tmp_path):
  requests = fake.requests([f'q{n}' for n in range(100)], samples=3)
  who = fake.Fake(seconds=0.002)
  outcome, told = _ask(tmp_path, who, requests, concurrency=7)
  assert outcome.stopped is None
  assert _there(tmp_path, requests) == _whole(requests)
  assert len(who.asked) == 100
  assert who.counts['most'] == 7
  assert told.there == 300


def test_what_is_there_is_not_asked_for_again(tmp_path):
  first = fake.requests(['a', 'b'], samples=2)
  _ask(tmp_path, fake.Fake(), first)
  more, who = fake.requests(['a', 'b', 'c'], samples=3), fake.Fake()
  _ask(tmp_path, who, more)
  assert sorted(who.asked) == [('a', (2,)), ('b', (2,)), ('c', (0, 1, 2))]
  assert _there(tmp_path, more) == _whole(more)


def test_equal_prompts_are_asked_once(tmp_path):
  (one,) = fake.requests(['same'])
  who = fake.Fake(seconds=0.01)
  outcome, told = _ask(tmp_path, who, [one] * 50, concurrency=8)
  assert len(who.asked) == 1
  assert told.there == 50
  assert outcome.stopped is None


def test_equal_prompts_far_apart_are_asked_once(tmp_path):
  """One may end between the look into the journal and the other's turn."""
  names = [f'q{n}' for n in range(40)]
  who = fake.Fake(seconds=0.001)
  _ask(tmp_path, who, fake.requests(names * 5), concurrency=3)
  assert sorted(name for name, _ in who.asked) == sorted(names)


def test_a_teacher_that_gives_fewer_is_asked_for_the_rest(tmp_path):
  requests = fake.requests(['a'], samples=5)
  who = fake.Fake(gives=2)
  _ask(tmp_path, who, requests)
  assert who.asked == [('a', (0, 1, 2, 3, 4)), ('a', (2, 3, 4)), ('a', (4,))]
  assert _there(tmp_path, requests) == _whole(requests)


def test_what_passes_is_tried_again(tmp_path):
  requests = fake.requests(['a', 'b', 'c'])
  script = [faults.Passing('busy'), None, faults.Passing('cut', lost=True)]
  who = fake.Fake(script=script)
  _, told = _ask(tmp_path, who, requests, concurrency=1)
  assert [name for name, _ in who.asked] == ['a', 'a', 'b', 'b', 'c']
  assert told.lost == 1
  assert _there(tmp_path, requests) == _whole(requests)


def test_the_endpoint_says_how_long_to_wait(tmp_path):
  requests = fake.requests(['a', 'b', 'c', 'd'])
  who = fake.Fake(script=[faults.Passing('busy', wait=0.3)])
  began = time.monotonic()
  _ask(tmp_path, who, requests, concurrency=2)
  assert time.monotonic() - began >= 0.3
  assert _there(tmp_path, requests) == _whole(requests)


def test_it_gives_up_and_keeps_what_arrived(tmp_path):
  requests = fake.requests(['a', 'b', 'c'])
  script = [None, *[faults.Passing('status 500')] * 4]
  who = fake.Fake(script=script)
  with pytest.raises(ValueError, match=r'b: 4 attempts failed.*status 500'):
    _ask(tmp_path, who, requests, concurrency=1, attempts=4)
  assert _there(tmp_path, requests) == {**_whole(requests), 'b': [None]} | {
    'c': [None]
  }


class _Busy(fake.Fake):
  """Turns one request away, each time when others got through."""

  async def write(self, request):
    # The other worker asks anew when its sample is in the journal.
    enough = len(self.asked) + 2
    if request.name == 'late' and enough <= 30:
      self.counts['away'] += 1
      while len(self.asked) < enough:
        await asyncio.sleep(0.001)
      raise faults.Passing('status 429', busy=True)
    return await super().write(request)


def test_a_busy_endpoint_is_waited_for_while_others_get_through(tmp_path):
  requests = fake.requests(['late', *(f'q{n}' for n in range(30))])
  who = _Busy(seconds=0.01)
  _ask(tmp_path, who, requests, concurrency=2, attempts=2)
  assert who.counts['away'] > 2
  assert _there(tmp_path, requests) == _whole(requests)


def test_a_busy_endpoint_that_lets_nobody_through_is_given_up(tmp_path):
  busy = [faults.Passing('status 429', busy=True)] * 100
  who = fake.Fake(script=busy)
  with pytest.raises(ValueError, match='3 attempts failed'):
    _ask(tmp_path, who, fake.requests(['a', 'b']), attempts=3)


def test_refusals_are_no_mistake_where_others_were_answered(tmp_path):
  names = [f'q{n}' for n in range(12)]
  wrong = dict.fromkeys(names[:8], faults.Refused('too long'))
  _ask(tmp_path, fake.Fake(), fake.requests(names[8:]))
  who = fake.Fake(refuses=wrong)
  reversed_names = [*names[8:], *names[:8]]
  outcome, _ = _ask(tmp_path, who, fake.requests(reversed_names))
  assert outcome.refused == 8


def test_an_unusable_endpoint_stops_everything(tmp_path):
  requests = fake.requests([f'q{n}' for n in range(50)])
  script = [None, None, faults.Unusable('status 401; check the key')]
  who = fake.Fake(script=script, seconds=0.01)
  with pytest.raises(faults.Unusable, match='401'):
    _ask(tmp_path, who, requests, concurrency=3)
  there = [text for (text,) in _there(tmp_path, requests).values() if text]
  assert len(there) == len(who.asked) - 1 <= 5


def test_a_refused_request_stops_nothing_else(tmp_path):
  requests = fake.requests(['a', 'b', 'c'], samples=2)
  who = fake.Fake(refuses={'b': faults.Refused('too long')})
  outcome, _ = _ask(tmp_path, who, requests)
  assert (outcome.refused, outcome.named) == (1, ['b: too long'])
  assert _there(tmp_path, requests) == {**_whole(requests), 'b': [None, None]}


def test_nothing_but_refusals_is_a_mistake(tmp_path):
  names = [f'q{n}' for n in range(30)]
  who = fake.Fake(refuses=dict.fromkeys(names, faults.Refused('bad field')))
  with pytest.raises(ValueError, match='first 5 requests were all refused'):
    _ask(tmp_path, who, fake.requests(names), concurrency=1)
  assert len(who.asked) == 5


def test_a_mistake_while_reading_keeps_what_arrived(tmp_path):
  requests = fake.requests([f'q{n}' for n in range(200)])

  class Wrong(list):
    def __iter__(self):
      yield from requests[:150]
      raise ValueError('train.jsonl:151: no question')

  with pytest.raises(ValueError, match=r'train\.jsonl:151'):
    _ask(tmp_path, fake.Fake(), Wrong(requests))
  there = [text for (text,) in _there(tmp_path, requests).values() if text]
  assert len(there) >= 64


def test_the_budget_holds_with_many_under_way(tmp_path):
  # A sample costs (6 * 100 + 5 * 1000) / 1e6 = 0.0056; 17 of them fit.
  requests = fake.requests([f'q{n}' for n in range(100)], max_tokens=5)
  who = fake.Fake(seconds=0.005, tokens=_AS_ESTIMATED)
  budget = spending.Budget(money=0.1)
  outcome, _ = _ask(
    tmp_path, who, requests, concurrency=16, prices=_PRICES, budget=budget
  )
  assert outcome.stopped == 'budget'
  with journal.opened(tmp_path / 'j') as kept:
    spent = kept.spent()
  assert spent.samples == 17
  assert 0.09 < spent.money <= 0.1
  # It counts what the journal holds: nothing more is asked.
  again = fake.Fake()
  outcome, _ = _ask(tmp_path, again, requests, prices=_PRICES, budget=budget)
  assert outcome.stopped == 'budget'
  assert not again.asked


def test_a_budget_of_tokens(tmp_path):
  requests = fake.requests([f'q{n}' for n in range(100)], max_tokens=5)
  who = fake.Fake(seconds=0.005, tokens=_AS_ESTIMATED)
  budget = spending.Budget(tokens=200)
  outcome, _ = _ask(tmp_path, who, requests, concurrency=4, budget=budget)
  assert outcome.stopped == 'budget'
  with journal.opened(tmp_path / 'j') as kept:
    assert 180 <= kept.spent().tokens <= 200


def test_requests_keep_to_their_pace(tmp_path):
  requests = fake.requests([f'q{n}' for n in range(60)])
  began = time.monotonic()
  _ask(tmp_path, fake.Fake(), requests, requests_per_minute=600)
  # 50 at once, the other 10 at 10 a second.
  assert time.monotonic() - began >= 0.9


def test_tokens_keep_to_their_pace(tmp_path):
  # A request may write 1,000 tokens; 60,000 a minute let 5,000 go at once, and
  # then 1,000 a second.
  requests = fake.requests([f'q{n}' for n in range(3)], 2, max_tokens=1000)
  began = time.monotonic()
  _ask(tmp_path, fake.Fake(), requests, tokens_per_minute=60_000)
  assert time.monotonic() - began >= 0.9


def test_a_fault_does_not_wait_for_the_pace(tmp_path):
  requests = fake.requests([f'q{n}' for n in range(30)])
  who = fake.Fake(script=[faults.Unusable('status 401')])
  began = time.monotonic()
  with pytest.raises(faults.Unusable):
    _ask(tmp_path, who, requests, requests_per_minute=3)
  assert time.monotonic() - began < 5


def test_a_budget_of_money_needs_prices():
  with pytest.raises(ValueError, match='prices are 0'):
    asking.Asking(budget=spending.Budget(money=1.0))
