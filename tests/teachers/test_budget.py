"""Budget and estimate, by the bill of a server that counts real tokens."""

import re

import pytest

from distill_jax.teachers import request, spending
from tests import shared
from tests.teachers import collecting, server

_PRICES = spending.Prices(prompt=500.0, completion=1500.0)  # for four digits
_REPLIES = 'tests.teachers.server_replies'

shared.path('tokenizers', 'opt_vocab.json')


def _served(tokenizer='opt', reply='story', **options):
  return server.serve(
    tokenizer=f'{_REPLIES}:{tokenizer}', reply=f'{_REPLIES}:{reply}', **options
  )


def _bill(count):
  return _PRICES.of(count['prompt_tokens'], count['completion_tokens'])


@pytest.mark.parametrize(
  ('task', 'reply', 'tokenizer', 'n'),
  [
    ('story_problems', 'story', 'opt', 'honoured'),
    ('story_problems', 'story', 't5', 'ignored'),
    ('svamp', 'svamp', 'opt', 'honoured'),
    ('svamp', 'svamp', 'opt', 'ignored'),
  ],
)
def test_a_plan_s_cost_is_near_the_bill(tmp_path, task, reply, tokenizer, n):
  data_dir = str(shared.path('svamp')) if task == 'svamp' else None
  with _served(tokenizer, reply, n=n) as endpoint:
    job = collecting.collected(
      endpoint.url,
      tmp_path,
      task=task,
      data_dir=data_dir,
      limit=60,
      samples=5,
      prices=_PRICES,
    )
    plan = job.plan()
    job.run('')
    count = endpoint.count()
  assert count['samples'] == 300
  where = 'or ' if n == 'ignored' else 'about '
  (said,) = re.findall(rf'^cost .*{where}\$([\d.]+)', plan, re.MULTILINE)
  assert float(said) == pytest.approx(_bill(count), rel=0.2)


@pytest.mark.parametrize(
  ('concurrency', 'n', 'usage'),
  [
    (1, 'honoured', True),
    (16, 'honoured', True),
    (16, 'ignored', True),
    (16, 'ignored', False),
  ],
)
def test_the_cap_holds(tmp_path, concurrency, usage, n):
  caps = {'money': 8.0, 'tokens': None}, {'money': None, 'tokens': 15_000}
  with _served(n=n, usage=usage, latency=0.02) as endpoint:
    for folder, cap in enumerate(caps):
      job = collecting.collected(
        endpoint.url,
        tmp_path / str(folder),
        limit=60,
        settings=request.Settings(max_tokens=80),
        concurrency=concurrency,
        prices=_PRICES,
        budget=spending.Budget(**cap),
      )
      before = endpoint.count()
      with pytest.raises(ValueError, match='no room for another request'):
        job.run('')
      after = endpoint.count()
      # No request is under way when it stops, so none exceeds the cap; but
      # tokens that nobody counts are estimates.
      error = 1.0 if usage else 1.1
      tokens = {
        kind: after[kind] - before[kind]
        for kind in ('prompt_tokens', 'completion_tokens')
      }
      bill = _bill(tokens)
      used, limit = {
        0: (bill, cap['money']),
        1: (sum(tokens.values()), cap['tokens']),
      }[folder]
      assert 0.5 * limit < used <= error * limit


def test_a_higher_cap_goes_on_and_counts_what_was_paid(tmp_path):
  def run(endpoint, money):
    job = collecting.collected(
      endpoint.url,
      tmp_path,
      limit=60,
      settings=request.Settings(max_tokens=80),
      prices=_PRICES,
      budget=spending.Budget(money=money),
    )
    try:
      job.run('')
    except ValueError as error:
      return str(error)
    return None

  with _served(n='ignored') as endpoint:
    whole = 60 * 5 * 0.35
    for share in (0.2, 0.5):
      said = run(endpoint, share * whole)
      bill = _bill(endpoint.count())
      assert bill <= share * whole
      assert f'has cost {_PRICES.shown(bill)} and' in said
    assert run(endpoint, 2 * whole) is None
    count = endpoint.count()
  assert set(count['by_key'].values()) == {1}
  assert count['samples'] == 300
  card = (tmp_path / 'README.md').read_text('utf-8')
  assert f'| {count["prompt_tokens"]:,} |' in card
  assert f'| {count["completion_tokens"]:,} |' in card
