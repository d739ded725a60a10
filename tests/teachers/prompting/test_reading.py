"""What replies say, as chat models really write them."""

import pathlib

import pytest

from distill_jax.teachers.prompting import form as form_lib
from distill_jax.teachers.prompting import prompt_files, reading

_TOLD = '84 / 2 = 42.'
_ANSWER = '(84 / 2)'
_FLOATS = 'Ice floats. It is light.'


def _read(form: str, text: str) -> tuple[str, str | None]:
  said = reading.read(form_lib.read(prompt_files.path('forms', form)), text)
  return said.rationale, said.answer


@pytest.mark.parametrize(
  'text',
  [
    '<Explanation>: 84 / 2 = 42. <Answer>: (84 / 2)',
    '84 / 2 = 42. <Answer>: (84 / 2)',  # the first marker is missing
    '<explanation>: 84 / 2 = 42.\n<ANSWER>: (84 / 2)',
    '<Explanation>: 84 / 2 = 42.\r\n\r\n<Answer>: (84 / 2)\r\n',
    'Explanation: 84 / 2 = 42. Answer: (84 / 2)',
    '**Explanation:** 84 / 2 = 42.\n\n**Answer:** (84 / 2)',
    '**Explanation**: 84 / 2 = 42.\n\n**Answer**: **(84 / 2)**',
    '**<Explanation>**: 84 / 2 = 42.\n\n**<Answer>**: `(84 / 2)`',
    '__Explanation:__\n\n84 / 2 = 42.\n\n__Answer:__\n\n(84 / 2)',
    '## Explanation\n84 / 2 = 42.\n\n## Answer\n(84 / 2)',
    '- **Explanation:** 84 / 2 = 42.\n- **Answer:** (84 / 2)',
    '<Explanation>84 / 2 = 42.</Explanation>\n<Answer>(84 / 2)</Answer>',
    '<Explanation>: 84 / 2 = 42. Final answer: (84 / 2)',
    '<Explanation>: 84 / 2 = 42. So the answer is (84 / 2).',
    '<Explanation>: 84 / 2 = 42. So the answer is (84 / 2). <Answer>: (84 / 2)',
    'Sure! Here it is:\n<Explanation>: 84 / 2 = 42. <Answer>: (84 / 2)',
    '<think>Answer: 7?</think>\n<Explanation>: 84 / 2 = 42. <Answer>: (84 / 2)',
    '<Explanation>: 84 / 2 = 42. <Answer>: (84 / 2)\n\nShall I go on?',
    '<Explanation>: 84 / 2 = 42. <Answer>: (84 / 2). I hope this helps!',
    '<Explanation>: 84 / 2 = 42. <Answer>: \\((84 / 2)\\)',
    '<Explanation>: 84 / 2 = 42. <Answer>: $\\boxed{(84 / 2)}$',
    '<Explanation>: 84 / 2 = 42. <Answer>:\n```\n(84 / 2)\n```',
    '<Answer>: (84 / 2)\n<Explanation>: 84 / 2 = 42.',
  ],
)
def test_markers_are_found_however_they_are_written(text):
  assert _read('qcrd', text) == (_TOLD, _ANSWER)


@pytest.mark.parametrize(
  'text',
  [
    ' 84 / 2 = 42. So the answer is (84 / 2).',
    'A: 84 / 2 = 42. So the answer is (84 / 2).',
    '84 / 2 = 42. So the answer is: (84 / 2)',
    '84 / 2 = 42. Therefore, the answer is **(84 / 2)**.\n\nGood luck!',
    '84 / 2 = 42. The final answer is (84 / 2).',
    '84 / 2 = 42.\n\n**Answer:** (84 / 2)',
    '84 / 2 = 42. So the answer is (84 / 2).\n\nQ: More?\nA: The answer is 3.',
  ],
)
def test_a_sentence_gives_the_answer(text):
  assert _read('dss', text) == (_TOLD, _ANSWER)


@pytest.mark.parametrize(
  'text',
  [
    ' 84 / 2 = 42.\nAnswer: (84 / 2)',
    'Explanation: 84 / 2 = 42.\n\n**Answer: (84 / 2)**',
    '84 / 2 = 42. Answer: (84 / 2)',
    '84 / 2 = 42.\nTherefore, the correct answer is (84 / 2).',
    '84 / 2 = 42.\nAnswer: (84 / 2)\n\nQuestion: Next?\nAnswer: 3',
  ],
)
def test_a_line_gives_the_answer(text):
  assert _read('kard', text) == (_TOLD, _ANSWER)


@pytest.mark.parametrize(
  'text',
  [
    ' (84 / 2)',
    'Answer: **(84 / 2)**',
    'The answer is (84 / 2).',
    '(84 / 2)\n\nExplanation: half of 84.',
    'Half of 84.\nSo the answer is (84 / 2).',
    'Half of 84.\n\n**Answer:** (84 / 2)\n\nShall I go on?',
    '<think>Answer: 7?</think>\n(84 / 2)',
    '(84 / 2)\n\nQuestion: Next?\nAnswer: 3',
  ],
)
def test_an_answer_stands_alone(text):
  assert _read('few_shot', text) == ('', _ANSWER)


@pytest.mark.parametrize(
  ('text', 'rationale'),
  [
    (' Ice floats.', 'Ice floats.'),
    ('Explanation: Ice floats. So the answer is (b).', 'Ice floats.'),
    ('Ice floats.\n\n**Answer:** (b)', 'Ice floats.'),
    ('Answer: (b)\n\nExplanation: Ice floats.', 'Ice floats.'),
    ('The correct answer is (b).\n\nIce floats. It is light.', _FLOATS),
    ('**Answer:** (b)\nIce floats. It is light.', _FLOATS),
    ('Ice floats.\n\nQuestion: What sinks?', 'Ice floats.'),
  ],
)
def test_an_explanation_stands_alone(text, rationale):
  assert _read('kard_gold', text)[0] == rationale


@pytest.mark.parametrize(
  ('text', 'answer'),
  [
    ('( 84 / 2 ) = 42', '( 84 / 2 ) = 42'),
    ('-5', '-5'),
    ('$1,200.', '1,200'),
    ('yes. The moose is strong.', 'yes'),
    ('no. A moose is no horse.', 'no'),
    ('(b) St. Louis. I hope this helps.', '(b) St. Louis'),
    ('B. In town', 'B. In town'),
    ('Option B', 'B'),
    ('**(b)** in town', '(b) in town'),
    ('<(b) in town>', '(b) in town'),
    ('\\(84 \\div 2\\)', '84 / 2'),
    ('3 \\times 2', '3 * 2'),
    ('{x}', '{x}'),
  ],
)
def test_an_answer_is_freed_of_decoration(text, answer):
  assert _read('zero_shot', f'Explanation: It is.\nAnswer: {text}') == (
    'It is.',
    answer,
  )


@pytest.mark.parametrize('form', ['qcrd', 'dss', 'kard', 'zero_shot'])
@pytest.mark.parametrize(
  'text', ['', 'I cannot help with that.', 'Ice floats.']
)
def test_no_answer_is_none(form, text):
  assert _read(form, text) == (text, None)


def test_thoughts_that_were_cut_off_are_no_reply():
  assert _read('qcrd', '<think>So it is ice.\nAnswer: ice. But') == ('', None)


def test_a_heading_that_repeats_the_question_is_no_answer():
  text = 'It is ice.\nFinal answer: Is it cold?\nThe answer is yes.'
  assert _read('kard', text)[1] == 'yes'


def test_an_answer_that_was_cut_off_is_none():
  cut = '<Explanation>: 84 / 2 = 42. <Answer>:'
  assert _read('qcrd', cut) == (_TOLD, None)


@pytest.mark.parametrize(
  ('form', 'text', 'rationale'),
  [
    (
      'qcrd',
      '<Explanation>: Is it 41? <Answer>: 41 <Explanation>: No. <Answer>: 42',
      'Is it 41?\nNo.',
    ),
    ('qcrd', 'Is it 41? <Answer>: 41\nNo. <Answer>: 42', 'Is it 41?\nNo.'),
    ('kard', 'Is it 41?\nAnswer: 41\nNo.\nAnswer: 42', 'Is it 41?\nNo.'),
    (
      'dss',
      'Is it 41? So the answer is 41.\nNo. So the answer is 42.',
      'Is it 41? So the answer is 41.\nNo.',
    ),
  ],
)
def test_the_last_answer_counts_and_markers_are_no_reasoning(
  form, text, rationale
):
  assert _read(form, text) == (rationale, '42')


def test_an_answer_within_the_last_sentence_is_cut_off():
  text = '84 / 2 = 42, so the answer is 42. <Answer>: (84 / 2)'
  assert _read('qcrd', text) == ('84 / 2 = 42', _ANSWER)


def test_words_that_are_no_markers_stay():
  told = (
    'We look for an answer: a place. The explanation: of (a) and (b) one is '
    'wet.'
  )
  assert _read('qcrd', f'{told} <Answer>: (a)') == (told, '(a)')


def test_lines_of_reasoning_stay_lines():
  text = 'Explanation:\n1. Ice is light.\n2. It floats.\n\nAnswer:\nyes'
  assert _read('zero_shot', text) == ('1. Ice is light.\n2. It floats.', 'yes')


def test_a_form_of_ones_own_is_read_back(tmp_path: pathlib.Path):
  """Its markers can be any words, and braces are no trouble."""
  path = tmp_path / 'json.toml'
  path.write_text(
    "ask = '{question}'\n"
    'reply = \'{"why": "{rationale}", "hence": "{answer}"}\'\n'
  )
  found = form_lib.read(path)
  said = reading.read(found, '{"why": "It is {cold}.", "hence": "ice"}')
  assert said == reading.Said(rationale='It is {cold}.', answer='ice')
