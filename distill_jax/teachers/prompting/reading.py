"""What a teacher said: reasoning and answer, found in the text it wrote.

A chat model keeps to a form by and large: it leaves out the first marker, sets
markers in bold, begins new lines, answers twice or goes on talking.
"""

import dataclasses
import re

from distill_jax.teachers.prompting import form as form_lib
from distill_jax.teachers.prompting import markers, template
from distill_jax.text import endings

_ANYWAY = 'Answer: '  # a label that models write whatever they were shown
_MOST = 10  # answers of a reply that are looked at, the last ones
_REASONING = 'Explanation: '
_GREETING = re.compile(r'[^\n]{0,80}[:!]\s*')  # "Sure, here it is:"
_GROUNDS = re.compile(r',|\b(?:because|since|as|for)\b')
_THOUGHT = re.compile(r'<think>.*?(?:</think>|\Z)', re.DOTALL)
_BOXED = re.compile(r'\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}')
_BOLD = re.compile(r'(\*\*|__)(.+?)\1')
_LATEX = {r'\times': '*', r'\cdot': '*', r'\div': '/', r'\(': '', r'\)': ''}
# "yes. The moose is strong": the answer ends with its sentence. A stop after a
# letter, as in "(b) St. Louis" or "B. In town", ends none.
_SENTENCE = re.compile(
  r'(?<=[\w)%"\'][.!?])(?<!\b\w\.)(?<!\b(?:St|Dr|Mr|Ms|Mt|vs)\.)(?<!\bMrs\.)'
  r'\s+(?=[A-Z])'
)
_DECORATION = '*_`$<> \t'
_OPTION = re.compile(r'\b(?:option|choice|letter) +(?=\W?[a-z]\b)', re.I)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
  """What a reply says.

  Attributes:
    rationale: the reasoning, without markers and without its answer; '' for
      none.
    answer: the answer as it was written; None where there is none.
  """

  rationale: str
  answer: str | None


def read(form: form_lib.Form, text: str) -> Said:
  r"""What a reply in this form says.

  '**Explanation:** 84 / 2 = 42.\n\n**Answer:** (84 / 2)' gives the rationale
  '84 / 2 = 42.' and the answer '(84 / 2)', whether the form's markers are
  those, '<Explanation>:' and '<Answer>:', or none. Of several answers the last
  counts, and what follows it is dropped.
  """
  said = _without_echo(_until(spoken(text), form.stop).strip(), form.ask)
  names, literals = template.names(form.reply), template.literals(form.reply)
  first, last = literals[0], literals[-1]
  if names[0] != 'rationale':
    return Said(rationale='', answer=_alone(said, first, last))
  if len(names) == 1:
    return _explained(said, first)
  return (
    _marked(said, first, literals[1], last)
    or _exact(said, literals)
    or _marked(said, first, _ANYWAY)
    or _unmarked(said, first)
  )


def spoken(text: str) -> str:
  """A reply without the thoughts before it; '' where the limit cut them."""
  return _THOUGHT.sub('', text).rpartition('</think>')[2]


def _without_echo(said: str, ask: str) -> str:
  """The reply without the last word of the question, said once more."""
  end = ask.splitlines()[-1]
  found = markers.pattern(end).match(said) if end.endswith(':') else None
  return said[found.end() :] if found else said


def _until(text: str, stop: tuple[str, ...]) -> str:
  """The text before what should have ended it."""
  ends = [text.find(end, 1) for end in stop if end in text[1:]]
  return text[: min(ends)] if ends else text


def _marked(said: str, first: str, middle: str, tail: str = '') -> Said | None:
  """What is said around the markers, None where no answer has one."""
  answers = [
    (found, answer)
    for found in list(markers.pattern(middle).finditer(said))[-_MOST:]
    if (answer := _first_line(said[found.end() :], first, middle))
    and not answer.endswith('?')  # a heading, "Final answer: How many?"
  ]
  if not answers:
    return None
  last, answer = answers[-1]
  before = said[: last.start()]
  if ':' in middle:  # an answer between markers is no part of the reasoning
    for found, stated in reversed(answers[:-1]):
      end = before.index(stated, found.end()) + len(stated)
      before = f'{before[: found.start()].rstrip()}\n{before[end:].lstrip()}'
  rationale = _reasoning(before, first) or _behind(said[last.end() :], first)
  return Said(rationale=rationale, answer=_cleaned(answer, tail))


def _behind(text: str, first: str) -> str:
  """The reasoning of a reply that gave its answer before."""
  found = markers.pattern(first if ':' in first else _REASONING).search(text)
  return endings.strip_answer(text[found.end() :]) if found else ''


def _exact(said: str, literals: list[str]) -> Said | None:
  """What is said between texts of any kind, None where one is not there."""
  parts = [re.escape(one.strip()) for one in literals]
  found = re.fullmatch(r'\s*(.*?)\s*'.join(parts), said, re.DOTALL)
  if not found or len(parts) < 3 or '\n' in found[2]:
    return None
  return Said(rationale=found[1], answer=found[2] or None)


def _unmarked(said: str, first: str) -> Said:
  """What is said where the form's marker of the answer is missing."""
  boxed = _BOXED.findall(said)
  before, stated = endings.split(said)
  stated = stated or (boxed[-1] if boxed else None)
  return Said(
    rationale=_reasoning(_BOXED.sub(r'\1', before), first),
    answer=_cleaned(stated) if stated else None,
  )


def _explained(said: str, first: str) -> Said:
  """What a reply says that need not answer; where it does, the answer goes."""
  head, _, rest = said.partition('\n')
  if rest.strip() and not markers.pattern(_REASONING).search(rest):
    before, stated = endings.split(head)
    if stated and not markers.words(before) and not _GROUNDS.search(stated):
      said = rest.strip()
  return _marked(said, first, _ANYWAY) or _unmarked(said, first)


def _alone(said: str, first: str, tail: str) -> str | None:
  """The answer of a reply that need give nothing else, and may explain it."""
  found = markers.pattern(first).search(said) if markers.words(first) else None
  if not found and (marked := _marked(said, first, _ANYWAY)):
    return marked.answer
  stated = None if found else _unmarked(said, first).answer
  line = stated or _first_line(said[found.end() if found else 0 :], first)
  return _cleaned(endings.split(line)[1] or line, tail) if line else None


def _reasoning(text: str, first: str) -> str:
  """The text without the form's first marker and the answer at its end."""
  if markers.words(first):
    found = markers.pattern(first).search(text)
    if found and _GREETING.fullmatch(text[: found.start()]):
      text = text[found.end() :]
    text = markers.pattern(first, within=False).sub('\n', text)
    text = re.sub(rf'</{markers.words(first)}>', '', text, flags=re.IGNORECASE)
  return endings.strip_last(text.strip())


def _first_line(text: str, *ends: str) -> str:
  """The first line with words, up to the next marker."""
  for marker in filter(markers.words, ends):
    found = markers.pattern(marker).search(text)
    text = text[: found.start()] if found else text
  lines = (line.strip() for line in text.splitlines())
  return next((line for line in lines if re.search(r'\w', line)), '')


def _cleaned(answer: str, tail: str = '') -> str | None:
  """The answer without decoration, and without the sentences behind it."""
  answer = re.sub(r'</\w+>', '', answer)
  answer = _BOLD.sub(r'\2', _BOXED.sub(r'\1', answer))
  for command, plain in _LATEX.items():
    answer = answer.replace(command, plain)
  answer = _SENTENCE.split(answer.strip(_DECORATION))[0]
  answer = _OPTION.sub('', answer).removesuffix(tail.strip())
  return answer.removesuffix('.').strip(_DECORATION) or None
