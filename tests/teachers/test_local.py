"""A student of one's own as a teacher."""

import asyncio
import dataclasses
import shutil

import jax
import numpy as np
import pytest

from distill_jax.cli import loading
from distill_jax.students import sampling, writing
from distill_jax.teachers import batches, faults, local
from distill_jax.teachers import request as request_lib
from distill_jax.training import answering
from tests import untrained

_GREEDY = request_lib.Settings(temperature=0.0, max_tokens=8)
_WARM = request_lib.Settings(temperature=0.7, max_tokens=8)
_QUESTIONS = ['How many?', 'Why?', 'Where is the bank, Tom?', 'Who?']


def _load(folder):
  return loading.load([], model_dir=folder)[0]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return untrained.write(tmp_path_factory.mktemp('local'))


@pytest.fixture(scope='module')
def student(folder):
  found = local.LocalStudent(model_dir=str(folder), batch_size=4)
  return found.loaded(_load)


def _request(*said, settings=_GREEDY, samples=(0,)):
  roles = ['system', *['user'] * len(said)][-len(said) :]
  return request_lib.Request(
    name='q',
    messages=tuple(
      request_lib.Message(role=role, content=content)
      for role, content in zip(roles, said)
    ),
    settings=settings,
    samples=samples,
  )


def _ask(student, *requests):
  """The replies to requests that are all under way at once."""

  async def ask():
    async with student.session() as session:
      return await asyncio.gather(*map(session.write, requests))

  return asyncio.run(ask())


def test_it_writes_what_its_decoder_writes(student):
  decoder, _, params = answering.best(student.run)
  vocabulary = decoder.vocabulary
  replies = _ask(student, *map(_request, _QUESTIONS))
  for question, (reply,) in zip(_QUESTIONS, replies):
    ids = np.array([*vocabulary.encode(question), vocabulary.eos_id])
    (written,) = decoder.tokens(
      params, [ids], 24, sampling.Greedy(max_tokens=8)
    )
    assert reply.text == vocabulary.decode(written.tolist())
    assert reply.prompt_tokens == len(ids)
    assert reply.completion_tokens == np.count_nonzero(written)
    ended = vocabulary.eos_id in written
    assert reply.finish == ('stop' if ended else 'length')


def test_turns_are_one_text(student):
  ((one,),) = _ask(student, _request('Be kind.', 'Who?'))
  ((other,),) = _ask(student, _request('Be kind.\n\nWho?'))
  assert one == other


def test_a_sample_is_the_same_in_any_company(student):
  wanted = _request('Why?', settings=_WARM, samples=(0, 1, 2))
  together = _ask(
    student, *(_request(one, settings=_WARM) for one in _QUESTIONS), wanted
  )[-1]
  assert len({reply.text for reply in together}) == 3
  for sample in (2, 1, 0):
    alone = dataclasses.replace(wanted, samples=(sample,))
    ((reply,),) = _ask(student, alone)
    assert reply.text == together[sample].text


def test_top_k_and_top_p_narrow_the_draw(student):
  ((greedy,),) = _ask(student, _request('Why?'))
  for settings in (
    dataclasses.replace(_WARM, more={'top_k': 1}),
    dataclasses.replace(_WARM, top_p=1e-6),
  ):
    ((reply,),) = _ask(student, _request('Why?', settings=settings))
    assert reply.text == greedy.text


def test_batches_have_one_size_and_few_shapes(student, monkeypatch):
  seen = []
  write = writing.write
  monkeypatch.setattr(
    writing,
    'write',
    lambda *given: seen.append(given[3].shape) or write(*given),
  )
  texts = [f'Why {number}?' for number in range(10)]
  _ask(student, *map(_request, texts))
  assert sorted(seen) == [(4, 24)] * 3


def test_the_loop_goes_on_while_it_writes(student):
  async def ask():
    async with student.session() as session:
      task = asyncio.create_task(session.write(_request('Why now?')))
      ticks = 0
      while not task.done():
        await asyncio.sleep(0.001)
        ticks += 1
      return ticks

  assert asyncio.run(ask()) > 1


def test_a_stop_ends_a_text(student):
  ((whole,),) = _ask(student, _request('Who?'))
  cut = whole.text[2:4]
  settings = dataclasses.replace(_GREEDY, stop=('@@', cut))
  ((reply,),) = _ask(student, _request('Who?', settings=settings))
  assert reply.text == whole.text[: whole.text.index(cut)]
  assert reply.finish == 'stop'


def test_what_it_cannot_do_is_refused(student):
  with pytest.raises(faults.Refused, match=r'tokens and the student reads at'):
    _ask(student, _request('pens ' * 50))
  odd = dataclasses.replace(_GREEDY, more={'logit_bias': {}})
  with pytest.raises(faults.Unusable, match="not know 'logit_bias'"):
    _ask(student, _request('Why?', settings=odd))
  with pytest.raises(ValueError, match='batch_size is 0'):
    local.LocalStudent(model_dir='x', batch_size=0)


def test_refusals_come_after_replies(student):
  came = []

  async def ask():
    async with student.session() as session:

      async def one(text):
        try:
          await session.write(_request(text))
          came.append('reply')
        except faults.Refused:
          came.append('refusal')

      await asyncio.gather(*map(one, ['pens ' * 50] * 5 + _QUESTIONS * 2))

  asyncio.run(ask())
  assert came == ['reply'] * 8 + ['refusal'] * 5


def test_a_prompt_decides_how_wide_its_batch_is():
  widths = [
    batches._width(tokens, 300) for tokens in (1, 64, 65, 256, 257, 300)
  ]
  assert widths == [64, 64, 128, 256, 300, 300]


def test_an_error_reaches_who_asked(student, monkeypatch):
  def fail(*_):
    raise RuntimeError('no memory')

  monkeypatch.setattr(writing, 'write', fail)
  with pytest.raises(RuntimeError, match='no memory'):
    _ask(student, _request('Why?'))


def test_its_name_tells_one_training_from_another(
  folder, student, tmp_path_factory, monkeypatch
):
  assert student.model.startswith('dss@7-')
  copied = tmp_path_factory.mktemp('copied') / 'dss'
  shutil.copytree(folder, copied)
  assert local.LocalStudent(model_dir=str(copied)).model == student.model
  with (copied / 'config.gin').open('a') as file:
    file.write('# another\n')
  assert local.LocalStudent(model_dir=str(copied)).model != student.model
  key = jax.random.key
  monkeypatch.setattr(jax.random, 'key', lambda seed: key(seed + 1))
  other = untrained.write(tmp_path_factory.mktemp('other'))
  shutil.copy(folder / 'config.gin', other / 'config.gin')
  assert local.LocalStudent(model_dir=str(other)).model != student.model


def test_a_folder_without_a_student(tmp_path):
  with pytest.raises(ValueError, match='holds no best student'):
    local.LocalStudent(model_dir=str(tmp_path)).check()
