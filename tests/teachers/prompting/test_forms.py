"""Forms and examples as people write them, and what is wrong with them."""

import pathlib
import re

import pytest

from distill_jax.teachers.prompting import form as form_lib
from distill_jax.teachers.prompting import solved as solved_lib
from distill_jax.teachers.prompting import template

_FORM = """# A form.
ask = 'Q: {question}'
reply = '{rationale} So it is {answer}.'
"""


def _form(folder: pathlib.Path, text: str) -> form_lib.Form:
  path = folder / 'mine.toml'
  path.write_text(text, encoding='utf-8')
  return form_lib.read(path)


def test_what_the_documentation_shows_can_be_read(tmp_path):
  page = pathlib.Path(__file__).parents[3] / 'docs' / 'prompts.md'
  examples, form = re.findall(r'```toml\n(.*?)```', page.read_text(), re.DOTALL)
  assert _form(tmp_path, form).stop == ('\nPupil:',)
  assert _solved(tmp_path, examples).answers == 'yes or no'


def test_a_form_says_little(tmp_path):
  assert _form(tmp_path, _FORM) == form_lib.Form(
    name='mine', ask='Q: {question}', reply='{rationale} So it is {answer}.'
  )


def test_a_form_says_all(tmp_path):
  more = 'system = "S"\nbetween = "\\n"\nstop = ["\\nQ:"]\nexamples = 0\n'
  found = _form(tmp_path, more + _FORM.replace("'{ra", "' {ra"))
  assert (found.system, found.between) == ('S', '\n')
  assert (found.stop, found.examples) == (('\nQ:',), 0)


@pytest.mark.parametrize(
  ('text', 'match'),
  [
    ('# A form.\nask == 3', r'mine\.toml: .*line 2, .*expected a TOML file'),
    ('ask = "a"\nask = "b"\n', r'mine\.toml: .*line 2'),
    (_FORM + "sytem = ''", r"mine\.toml:4: unknown key 'sytem', expected sys"),
    ("reply = '{answer}'", "mine.toml: 'ask' is None, expected text"),
    ("ask = '{question}'", "mine.toml: 'reply' is None, expected text"),
    ("ask = 3\nreply = '{answer}'", "mine.toml:1: 'ask' is 3, expected text"),
    (_FORM + "system = ' '", "mine.toml:4: 'system' is ' ', expected text"),
    (_FORM + "between = ''", "mine.toml:4: 'between' is '', expected text"),
    (_FORM + "between = '; '", "mine.toml:3: 'reply' follows 'ask' at once"),
    (_FORM + "stop = 'Q'", "mine.toml:4: 'stop' is 'Q', expected a list"),
    (_FORM + 'stop = [1]', r"mine.toml:4: 'stop' is \[1\], expected a list"),
    (_FORM + 'examples = -1', "mine.toml:4: 'examples' is -1, expected 0, 1"),
    (_FORM + 'examples = true', "mine.toml:4: 'examples' is True, expected 0"),
    (
      "ask = '''\nQ\n{qestion}'''\nreply = '{answer}'",
      r"mine\.toml:3: 'ask' has \{qestion\}, expected one of \{question\}, ",
    ),
    (
      "ask = 'Q'\nreply = '{answer}'",
      r"toml:1: 'ask' has no \{question\}",
    ),
    (
      "ask = '{question} {question}'\nreply = '{answer}'",
      r"mine.toml:1: 'ask' has \{question\} twice, expected it once",
    ),
    (
      "ask = '{question}'\nreply = '{rationale}'",
      r"mine.toml:2: 'reply' has no \{answer\}, expected it, or \{label\}",
    ),
    (
      "ask = '{question} {label}'\nreply = 'Well.'",
      r"mine.toml:2: 'reply' has no \{answer\}",
    ),
    (
      "ask = '{question}'\nreply = '{answer} {letter}'",
      r"mine.toml:2: 'reply' has \{answer\} and \{letter\}, expected one",
    ),
    (
      "ask = '{question}'\nreply = '{answer}, for {rationale}'",
      r"mine.toml:2: 'reply' has \{rationale\} last, expected it first",
    ),
    (
      "ask = '{question}'\nreply = '{rationale}: {answer}'",
      "mine.toml:2: 'reply' has no word between",
    ),
    (
      _FORM + "system = '{rationale}'",
      r"mine.toml:4: 'system' has \{rationale\}, expected one of \{answers\}",
    ),
  ],
)
def test_a_wrong_form_is_refused_in_a_sentence(text, match, tmp_path):
  with pytest.raises(ValueError, match=match) as caught:
    _form(tmp_path, text)
  assert '\n' not in str(caught.value)


_EXAMPLE = """answers = 'a word'

[[example]]
question = 'Is ice {cold}?'
rationale = 'Ice is frozen.'
answer = 'yes'
"""


def _solved(folder: pathlib.Path, text: str) -> solved_lib.Solved:
  path = folder / 'ice.toml'
  path.write_text(text, encoding='utf-8')
  return solved_lib.read(path)


def test_examples_are_records(tmp_path):
  found = _solved(tmp_path, _EXAMPLE)
  (record,) = found.records
  assert found.answers == 'a word'
  assert (record.example_id, record.label) == ('ice#0', 'yes')
  assert found.question(record) == 'Is ice {cold}?'
  assert record.rationales[0].text == 'Ice is frozen.'
  assert record.rationales[0].answer == 'yes'


@pytest.mark.parametrize(
  ('text', 'match'),
  [
    ('[[example]]', "ice.toml: 'answers' is None, expected text"),
    (_EXAMPLE + 'answr = 1', "ice.toml:3: example 1: unknown key 'answr', exp"),
    (
      _EXAMPLE + "[[example]]\nquestion = 'x'",
      "ice.toml:7: example 2: 'rationale' is None, expected text",
    ),
    (_EXAMPLE + "choices = ['x', 'y']", "'answer' is 'yes', expected one of"),
    (_EXAMPLE + "choices = 'x'", "'choices' is 'x', expected a list of texts"),
    (_EXAMPLE + 'passages = [1]', r"'passages' is \[1\], expected a list of"),
    ("answers = 'x'\nexample = 3", r"ice.toml:2: 'example' is no table"),
    (
      "parts = ['P']\n" + _EXAMPLE,
      "toml:1: 'separator' and 'parts' belong",
    ),
    (
      "separator = '|'\nparts = ['P', 'H']\n" + _EXAMPLE,
      r"ice.toml:5: example 1: the question has 1 parts between '\|'",
    ),
  ],
)
def test_wrong_examples_are_refused_in_a_sentence(text, match, tmp_path):
  with pytest.raises(ValueError, match=match) as caught:
    _solved(tmp_path, text)
  assert '\n' not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
  path = tmp_path / 'mine.toml'
  path.write_bytes(b'\xff\xfe\x00')
  with pytest.raises(ValueError, match=r'mine\.toml: .*expected a TOML file'):
    form_lib.read(path)


def test_values_are_filled_in_once():
  filled = template.fill('{ a } {b} {"c": 1} {}', {'a': '{b}', 'b': '\\1'})
  assert filled == '{b} \\1 {"c": 1} {}'


def test_names_are_what_stands_in_braces():
  text = 'Say {"why": "{rationale}"} and { answer }.'
  assert template.names(text) == ['rationale', 'answer']
  assert template.literals(text) == ['Say {"why": "', '"} and ', '.']
