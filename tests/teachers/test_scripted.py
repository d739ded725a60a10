"""The scripted teacher, in process."""

import asyncio

import pytest

from distill_jax.rationales import story_problems, story_teacher
from distill_jax.teachers import faults, request, scripted
from distill_jax.text import answers

_RECORDS = list(story_problems.read('test', size=200))


def _request(text, samples=5):
  said = (
    request.Message(role='user', content=_RECORDS[0].question),
    request.Message(role='assistant', content='<Explanation>: no.'),
    request.Message(role='user', content=text),
  )
  return request.Request(
    name='one',
    messages=said,
    settings=request.Settings(),
    samples=tuple(range(samples)),
  )


def _write(asked):
  async def write():
    async with scripted.Scripted().session() as session:
      return await session.write(asked)

  return [reply.text for reply in asyncio.run(write())]


def test_it_errs_as_often_as_the_data_set_s_own():
  own = [r.extra['quality'] for one in _RECORDS for r in one.rationales]
  right = []
  for one in _RECORDS:
    for text in _write(_request(f'Solve this.\nQuestion: {one.question}')):
      assert text.startswith('<Explanation>: ')
      rationale, _, answer = text.partition(' <Answer>: ')
      assert 'answer' not in rationale.lower()
      right.append(answers.Equation().correct(answer, one.label))
  assert sum(right) / len(right) == pytest.approx(sum(own) / len(own), abs=0.05)


def test_samples_differ_and_stay():
  asked = _request(_RECORDS[7].question, samples=8)
  texts = _write(asked)
  assert texts == _write(asked)
  assert len(set(texts)) > 4


def test_a_question_tempts_to_one_error():
  lost = 0
  for one in _RECORDS:
    values = [
      answers.Equation().parse(text.partition('<Answer>: ')[2])
      for text in _write(_request(one.question))
    ]
    wrong = [v for v in values if not answers.Equation().correct(v, one.label)]
    lost += len(wrong) > 2 and max(map(wrong.count, wrong)) > 2
  assert lost > 0  # three of five agree on what is wrong


def test_the_last_question_counts():
  first, last = _RECORDS[:2]
  text = f'Q: {first.question}\nA: 3\n\nQ: {last.question} Choices: none\nA:'
  names = {word for word in last.question.split() if word.istitle()}
  problem = next(story_problems.problems('test', size=1))
  assert problem.text == first.question
  for said in _write(_request(text)):
    assert names & set(said.split())
    rightly = story_teacher.solution(problem).computation
    assert rightly not in said


def test_other_questions_are_refused():
  with pytest.raises(faults.Refused, match='story problems'):
    _write(_request('How are you?'))
