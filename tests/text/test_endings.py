"""Answer sentences at the end of completions."""

import json
import time

import pytest

from distill_jax.text import endings
from tests import shared


@pytest.mark.parametrize(
  ('completion', 'rationale', 'answer'),
  [
    ('6 / 2 = 3. The answer is (6 / 2).', '6 / 2 = 3.', '(6 / 2).'),
    ('6 / 2 = 3. So the answer is 3.', '6 / 2 = 3.', '3.'),
    ('6 / 2 = 3, so the answer is 3.', '6 / 2 = 3', '3.'),
    ('6 / 2 = 3. Therefore, the final answer is $3', '6 / 2 = 3.', '$3'),
    ('6 / 2 = 3.\nAnswer: 3', '6 / 2 = 3.', '3'),
    ('6 / 2 = 3.\n\nFinal Answer: 3 pens.', '6 / 2 = 3.', '3 pens.'),
    ('It is far. <Answer>: (d) the sea.', 'It is far.', '(d) the sea.'),
    ('6 / 2 = 3\n#### 3', '6 / 2 = 3', '3'),
    ('The best choice is (a) bank.', '', '(a) bank.'),
    ('6 / 2 = 3.', '6 / 2 = 3.', None),
    ('  6 / 2 = 3.\n', '6 / 2 = 3.', None),
    ('', '', None),
    (
      'Final Answer: How many?\nHe has 6 / 2 = 3.',
      'Final Answer: How many?\nHe has 6 / 2 = 3.',
      None,
    ),
    ('We cannot answer this.', 'We cannot answer this.', None),
  ],
)
def test_split(completion, rationale, answer):
  assert endings.split(completion) == (rationale, answer)


@pytest.mark.parametrize(
  ('rationale', 'expected'),
  [
    ('6 / 2 = 3. So the answer is 3.', '6 / 2 = 3.'),
    ('6 / 2 = 3, so the answer is 3.', '6 / 2 = 3'),
    ('6 / 2 = 3.', '6 / 2 = 3.'),
    ('The answer: a place. A pond is one.', None),
    ('The answer is forty. No, it is more.', None),
  ],
)
def test_strip_last_leaves_reasoning_behind_an_answer(rationale, expected):
  assert endings.strip_last(rationale) == (expected or rationale)


@pytest.mark.parametrize(
  ('completion', 'expected'),
  [
    ('6 / 2 = 3. The answer is 3. The answer is 3.', '6 / 2 = 3.'),
    ('6 / 2 = 3.\nFinal Answer: How many?\nThe answer is 3.', '6 / 2 = 3.'),
    ('The answer is (3).', ''),
    ('It is 3. The answer is yes. However, it may rain.', 'It is 3.'),
    ('He is there. The answer is (c) St. Louis.', 'He is there.'),
    (
      'The answer is a place. Banks are in towns. So the answer is (b) town.',
      'The answer is a place. Banks are in towns.',
    ),
    (
      'The answer must be a place. So the answer is (b) town.',
      'The answer must be a place.',
    ),
  ],
)
def test_strip_answer(completion, expected):
  assert endings.strip_answer(completion) == expected
  assert endings.strip_answer(expected) in (expected, '')


def test_real_palm_completions_keep_their_reasoning():
  folder = shared.path('svamp', 'llm')
  for name in ('train_CoT_0.json', 'test_CoT_0.json'):
    for raw in json.loads((folder / name).read_text()):
      text = raw.split('Q:')[0].strip()
      stripped = endings.strip_answer(text)
      assert stripped
      assert 'answer is' not in stripped
      cut = text.partition('The answer is')[0].strip()
      assert stripped == cut


def test_real_choices_keep_their_reasoning():
  folder = shared.path('cqa', 'llm')
  for raw in json.loads((folder / 'train_CoT_0.json').read_text()):
    text = raw.split('Q:')[0].strip()
    stripped = endings.strip_answer(text)
    assert stripped == text.rpartition('So the answer is')[0].strip()


def test_real_faithful_completions():
  path = shared.path('svamp', 'faithful_cot_12.jsonl')
  stripped = total = 0
  with path.open() as file:
    for line in file:
      for sample in json.loads(line)['samples']:
        total += 1
        text = sample['text'].strip()
        rationale = endings.strip_answer(text)
        assert text.startswith(rationale) and rationale
        stripped += rationale != text
  # 365 completions have no sentence "the answer is ...".
  assert total == 12_000
  assert stripped >= 12_000 - 365


@pytest.mark.parametrize('piece', ['so ', 'the final ', 'answer: ', '#', '< '])
def test_long_noise_takes_no_time(piece):
  start = time.monotonic()
  endings.strip_answer(piece * 3_000)
  assert time.monotonic() - start < 2.0
