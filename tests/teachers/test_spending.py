import asyncio

import pytest

from distill_jax.teachers import request as request_lib
from distill_jax.teachers import spending
from tests.teachers import fake

_PRICES = spending.Prices(prompt=2.0, completion=10.0)


def _reply(prompt, completion):
  return request_lib.Reply(
    text='', prompt_tokens=prompt, completion_tokens=completion
  )


def test_money_is_for_a_million_tokens():
  assert _PRICES.of(1_000_000, 0) == 2.0
  assert _PRICES.of(500_000, 300_000) == 4.0
  assert spending.Prices().of(10**9, 10**9) == 0.0


def test_money_as_people_write_it():
  shown = spending.Prices(currency='€').shown
  assert shown(1234.567) == '€1,234.57'
  assert shown(0.00042) == '€0.0004'
  assert shown(0) == '€0.00'


@pytest.mark.parametrize('wrong', [-1.0, float('inf'), float('nan')])
def test_prices_that_cannot_be(wrong):
  with pytest.raises(ValueError, match=r'Prices\.prompt is .*million'):
    spending.Prices(prompt=wrong)


def test_a_budget_as_people_write_it():
  shown = lambda **more: spending.Budget(**more).shown(_PRICES)
  assert shown() == 'none'
  assert shown(money=5.0) == '$5.00'
  assert shown(money=5.0, tokens=1000) == '$5.00 and 1,000 tokens'
  with pytest.raises(ValueError, match=r'Budget\.tokens is -1'):
    spending.Budget(tokens=-1)


def test_a_purse_pays_what_replies_cost():
  async def pay():
    purse = spending.Purse(_PRICES, spending.Budget(), spending.Spent())
    money = purse.pay([_reply(100_000, 10_000), _reply(0, 20_000)])
    return money, purse.spent

  money, spent = asyncio.run(pay())
  assert money == pytest.approx([0.3, 0.2])
  assert spent.money == pytest.approx(0.5)
  assert (spent.samples, spent.tokens) == (2, 130_000)


def test_who_finds_no_room_waits_for_what_others_give_back():
  """Two have room at once; what they do not use lets the others in."""
  budget = spending.Budget(tokens=130)
  (request,) = fake.requests(['a'], max_tokens=50)
  order = []

  async def ask(purse, name):
    async with purse.room(request):
      order.append(f'{name} begins')
      await asyncio.sleep(0.01)
      purse.pay([_reply(5, 5)])
    order.append(f'{name} ends')

  async def everyone():
    purse = spending.Purse(spending.Prices(), budget, spending.Spent())
    await asyncio.gather(*(ask(purse, name) for name in 'abcd'))
    return purse.spent.tokens

  assert asyncio.run(everyone()) == 40
  assert order[:2] == ['a begins', 'b begins']
  assert order.index('c begins') > order.index('a ends')


def test_a_purse_without_room_says_so():
  budget = spending.Budget(tokens=20)
  (request,) = fake.requests(['a'], max_tokens=50)

  async def ask():
    purse = spending.Purse(spending.Prices(), budget, spending.Spent())
    async with purse.room(request):
      raise AssertionError('there was room')

  with pytest.raises(spending.Exhausted):
    asyncio.run(ask())
