"""Collections from an endpoint that errs in every way, by its own count."""

import time

import pytest

from distill_jax.teachers import journal, scripted
from tests.teachers import collecting, server

_STORY = 'tests.teachers.server_replies:story'
# A busy machine may stand still for seconds; what is late then was answered.
_TIMEOUT = 5.0
# In front of every fourth answer or so stands one of these.
_FAULTS = {
  '429': 0.02,
  '429 bare': 0.02,
  '408': 0.01,
  '409': 0.01,
  '500': 0.02,
  '502': 0.02,
  '503': 0.02,
  'hang': 0.003,
  'stall': 0.003,
  'cut body': 0.02,
  'cut': 0.02,
  'malformed': 0.02,
  'no choices': 0.02,
  'no message': 0.02,
  'page': 0.02,
  'error as success': 0.02,
  'length': 0.03,
}


def _collected(endpoint, folder, questions, samples, **more):
  return collecting.collected(
    endpoint.url,
    folder,
    limit=questions,
    samples=samples,
    concurrency=64,
    attempts=50,
    timeout=_TIMEOUT,
    **more,
  )


def _texts(job):
  """What the journal holds, by key."""
  with journal.opened(job.place) as kept:
    found = kept.find(collecting.keys(job))
    assert kept.spent().samples == len(found)
  return {key: reply.text for key, reply in found.items()}


@pytest.mark.slow
def test_2000_samples_arrive_once_each(tmp_path):
  with server.serve(
    faults=_FAULTS, n='ignored', reply=_STORY, retry_after=0.05
  ) as endpoint:
    job = _collected(endpoint, tmp_path, 400, 5)
    job.run('')
    count = endpoint.count()
  keys = collecting.keys(job)
  assert len(set(keys)) == 2000
  assert count['by_key'] == dict.fromkeys(keys, 1)
  assert set(count['faults']) == set(_FAULTS)
  texts, cut = _texts(job), 0
  for request in job.requests():
    for key in request.keys(job.teacher.model):
      whole = scripted.reply(request.messages[-1].content, key)
      assert texts[key] in (whole, whole[: len(whole) // 2])
      cut += texts[key] != whole
  assert cut == count['faults']['length']
  kept = [one['rationales'] for one in collecting.records(tmp_path)]
  assert [len(some) for some in kept] == [5] * 400
  assert sum(r.get('finish') == 'length' for s in kept for r in s) == cut


def test_several_samples_of_a_request_arrive_once_each(tmp_path):
  with server.serve(
    faults=_FAULTS, usage=False, reply=_STORY, retry_after=0.05
  ) as endpoint:
    job = _collected(endpoint, tmp_path, 400, 5)
    job.run('')
    count = endpoint.count()
  firsts = [request.keys(job.teacher.model)[0] for request in job.requests()]
  assert count['by_key'] == dict.fromkeys(firsts, 1)
  assert count['samples'] == 2000
  texts = _texts(job)
  assert len(texts) == 2000
  for request in job.requests():
    first, *others = request.keys(job.teacher.model)
    for number, key in enumerate(others, 1):
      whole = scripted.reply(request.messages[-1].content, f'{first}/{number}')
      assert texts[key] in (whole, whole[: len(whole) // 2])


def test_an_endpoint_that_refuses_several_gives_one_after_another(tmp_path):
  with server.serve(n='refused') as endpoint:
    job = _collected(endpoint, tmp_path, 40, 5)
    job.run('')
    count = endpoint.count()
  # The first of a request, asked for alone after the refusal, is another name.
  answered = [name.removesuffix('+1') for name in count['by_key']]
  assert sorted(answered) == sorted(collecting.keys(job))
  assert count['accepted'] == count['samples'] == len(answered)
  # All are refused once; what the first two replies leave is asked for again.
  assert 40 <= count['requests'] - count['accepted'] <= 42
  assert count['most_in_flight'] <= 64


@pytest.mark.parametrize('fault', ['429', '429 date'])
def test_it_waits_as_long_as_it_is_asked_to(tmp_path, fault):
  wait = {'429': 1, '429 date': 2}[fault]  # a date has whole seconds
  with server.serve(script=(fault,), retry_after=wait) as endpoint:
    job = _collected(endpoint, tmp_path, 1, 1)
    began = time.monotonic()
    job.run('')
    assert time.monotonic() - began > 0.9
    assert endpoint.count()['requests'] == 2


def test_without_credit_it_stops_and_goes_on_later(tmp_path):
  with server.serve(script=('',) * 50, faults={'no credit': 1}) as endpoint:
    job = _collected(endpoint, tmp_path, 40, 5, several=False)
    with pytest.raises(ValueError, match='credit'):
      job.run('')
    first = endpoint.count()
  assert first['accepted'] == 50
  assert first['requests'] <= 50 + 64
  with server.serve() as endpoint:
    job = _collected(endpoint, tmp_path, 40, 5, several=False)
    job.run('')
    second = endpoint.count()
  both = [*first['by_key'], *second['by_key']]
  assert sorted(both) == sorted(collecting.keys(job))


def test_what_cannot_be_asked_does_not_stop_the_rest(tmp_path):
  job = _collected(server.Endpoint('http://127.0.0.1:1'), tmp_path, 40, 1)
  lengths = [
    sum(-(-len(one.content) // 4) + 3 for one in request.messages)
    for request in job.requests()
  ]
  with server.serve(context=max(lengths) - 1) as endpoint:
    _collected(endpoint, tmp_path, 40, 1).run('')
  there = [len(one['rationales']) for one in collecting.records(tmp_path)]
  assert there == [int(length < max(lengths)) for length in lengths]


def test_a_model_that_is_not_there_ends_it_at_once(tmp_path):
  with server.serve(model='another') as endpoint:
    job = _collected(endpoint, tmp_path, 400, 1)
    with pytest.raises(ValueError, match='`any` does not exist'):
      job.run('')
    assert endpoint.count()['requests'] <= 64
