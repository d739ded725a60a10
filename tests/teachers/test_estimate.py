"""What is left to ask for, by hand."""

from distill_jax.teachers import estimate, journal, spending
from distill_jax.teachers import request as request_lib
from tests.teachers import fake

_NOTHING = spending.Spent()
_PRICES = spending.Prices(prompt=1.0, completion=2.0)


def _keep(kept, request, samples, tokens):
  keys = request.keys('fake')
  kept.add(
    [
      journal.Entry(
        key=keys[sample],
        name=request.name,
        model='fake',
        place='',
        sample=sample,
        reply=request_lib.Reply(text='x', completion_tokens=tokens),
        money=0.5,
        seconds=3.0,
      )
      for sample in samples
    ]
  )


def test_nothing_is_known_yet():
  requests = fake.requests(['one', 'two'], samples=3, max_tokens=100)
  found = estimate.estimate(requests, 'fake', None, None)
  assert (found.requests, found.samples, found.there) == (2, 6, 0)
  assert found.completion_tokens == 600
  assert found.basis == 'the limit, for nothing is known yet: 100 a sample'
  prompt = spending.prompt_tokens(requests[0])
  assert found.prompt_tokens == 2 * prompt
  assert found.repeated == 6 * prompt


def test_examples_say_how_long_a_sample_is_but_not_beyond_the_limit():
  requests = fake.requests(['one', 'two'], samples=3, max_tokens=100)
  assert estimate.estimate(requests, 'fake', 40, None).completion_tokens == 240
  assert estimate.estimate(requests, 'fake', 400, None).completion_tokens == 600


def test_samples_that_are_there_say_it_better(tmp_path):
  requests = fake.requests([f'q{n}' for n in range(10)], samples=4)
  with journal.opened(tmp_path / 'j') as kept:
    for request in requests[:5]:
      _keep(kept, request, range(4), tokens=30)
    _keep(kept, requests[5], [0, 2], tokens=8)
    found = estimate.estimate(requests, 'fake', 500, kept)
  assert (found.requests, found.samples, found.there) == (5, 40, 22)
  # 18 are left, (20 * 30 + 2 * 8) / 22 = 28 tokens each.
  assert found.completion_tokens == 504
  assert found.seconds == 3.0
  prompt = spending.prompt_tokens(requests[0])
  assert found.prompt_tokens == 5 * prompt
  assert found.repeated == 18 * prompt


def _found(**more):
  given = {
    'requests': 100,
    'samples': 500,
    'there': 0,
    'prompt_tokens': 200_000,
    'repeated': 1_000_000,
    'completion_tokens': 50_000,
    'basis': 'by hand',
    'seconds': 6.0,
  }
  return estimate.Estimate(**{**given, **more})


def test_rows_say_what_it_costs():
  budget = spending.Budget(money=0.5)
  rows = '\n'.join(_found().rows(_PRICES, budget, spending.Spent(money=0.25)))
  # 0.2 + 0.1, and 1.0 + 0.1 where the prompt is paid for every sample.
  assert 'about $0.3000, or $1.10 where one request gives one sample' in rows
  assert '$0.5000; $0.2500 of it is spent; IT WILL NOT SUFFICE' in rows
  more = spending.Budget(money=0.55)
  rows = '\n'.join(_found().rows(_PRICES, more, spending.Spent(money=0.25)))
  assert 'SUFFICE' not in rows
  unknown = spending.Prices()
  free = '\n'.join(_found().rows(unknown, spending.Budget(), _NOTHING))
  assert 'no prices are given' in free


def test_the_slowest_limit_says_how_long_it_takes():
  assert 'about 60 s, 10 requests at once' in _found().time(10, None, None)
  assert 'about 5 min' in _found().time(10, 20, None)
  assert 'about 25 min' in _found().time(10, 20, 10_000)
