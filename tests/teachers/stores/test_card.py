"""The card of a store, read back by the readers of Markdown and YAML."""

import dataclasses
import datetime

import huggingface_hub
import markdown_it
import pytest

from distill_jax.rationales import record as record_lib
from distill_jax.teachers import markdown, request, spending
from distill_jax.teachers.stores import card, summary
from distill_jax.text import answers

_QUESTION = record_lib.Record(
  example_id='a',
  question='How many?',
  label='4',
  rationales=(
    record_lib.Rationale(text='2 + 2 = 4.', answer='4'),
    record_lib.Rationale(text='1 + 2 = 3.', answer='3'),
  ),
)
_PROMPT = (
  request.Message(role='system', content='Explain.\n```\nall ends here? | \\'),
  request.Message(role='user', content='Q: <b>1 < 2</b>\n\n````python\n  x\n'),
)


def _facts(**more):
  given = {
    'task': 'svamp',
    'split': 'train',
    'answers': answers.Equation(),
    'model': 'gpt|4`o',
    'settings': request.Settings(stop=('\nQ:',), more={'seed': 1}),
    'form': 'qcrd',
    'examples': 'svamp',
    'prompt': _PROMPT,
    'summary': summary.summarise([_QUESTION], answers.Number(), 2),
    'spent': spending.Spent(
      samples=2, money=1.5, prompt_tokens=1200, completion_tokens=80
    ),
    'prices': spending.Prices(prompt=0.5, completion=1.5),
    'date': datetime.date(2026, 5, 17),
    'citation': 'Patel et al. 2021',
    'endpoints': ('api.example.org:8000', 'localhost:1'),
  }
  return card.Facts(**{**given, **more})


def _tokens(said):
  """Blocks of a card behind its head."""
  body = said.partition('\n---\n')[2]
  return markdown_it.MarkdownIt('commonmark').enable('table').parse(body)


def _rows(said):
  """Every row of its tables: what it is, and how it reads."""
  cells, inside = [], False
  for token in _tokens(said):
    if token.type == 'td_open':
      inside = True
    elif token.type == 'inline' and inside:
      cells.append(''.join(child.content for child in token.children))
      inside = False
  return dict(zip(cells[::2], cells[1::2]))


def test_the_prompt_stands_there_letter_by_letter():
  shown = [
    token.content
    for token in _tokens(card.text(_facts()))
    if token.type == 'fence' and token.info == 'text'
  ]
  assert shown == [message.content + '\n' for message in _PROMPT]


def test_the_hub_reads_its_head():
  data = huggingface_hub.DatasetCard(card.text(_facts())).data.to_dict()
  assert data['size_categories'] == ['n<1K']
  assert data['configs'][0]['data_files'] == [
    {'split': 'train', 'path': 'train.jsonl'}
  ]
  assert 'license' not in data


@pytest.mark.parametrize(
  ('questions', 'size'),
  [(999, 'n<1K'), (1000, '1K<n<10K'), (250_000, '100K<n<1M')],
)
def test_sizes_are_those_of_the_hub(questions, size):
  facts = _facts()
  large = dataclasses.replace(facts.summary, questions=questions)
  said = card.text(dataclasses.replace(facts, summary=large))
  assert f'size_categories: ["{size}"]' in said


def test_what_was_asked_of_whom():
  rows = _rows(card.text(_facts()))
  assert rows['model'] == 'gpt|4`o'
  assert rows['endpoint'] == 'api.example.org:8000, localhost:1'
  assert rows['samples of a question'] == '2'
  assert rows['temperature'] == '0.7'
  assert rows['top_p'] == "the endpoint's own"
  assert rows['ended by'] == r'"\nQ:"'
  assert rows['seed'] == '1'
  assert rows['examples'] == 'svamp'
  assert rows['ties'] == '1 of 1 questions'


def test_cost():
  rows = _rows(card.text(_facts()))
  assert rows['tokens of prompts'] == '1,200'
  assert rows['cost'] == '$1.50, at the prices of its time'
  rows = _rows(card.text(_facts(estimated=True)))
  assert rows['cost'].startswith('about $1.50')
  assert 'estimates' in rows['note']
  free = spending.Spent(samples=2, prompt_tokens=1200)
  assert 'cost' not in _rows(card.text(_facts(spent=free)))


def test_it_says_that_a_model_wrote_them_and_how_to_train():
  said = card.text(_facts())
  assert 'written by a machine' in said
  assert '@answers.Equation()' in said
  assert '--gin_file=data/records.gin' in said
  assert 'Patel et al. 2021' in said
  assert '2026-05-17' in said
  assert 'right answers' not in said


def test_how_to_train_names_the_words_that_are_answers():
  said = card.text(_facts(answers=answers.OneOf(choices=('yes', 'no'))))
  assert (
    "--gin.ANSWERS='@answers.OneOf()' --gin.OneOf.choices=\"('yes', 'no')\""
  ) in said


def test_answers_that_were_shown_are_told():
  shown = summary.summarise([_QUESTION], answers.Number(), 2, labels_shown=True)
  said = card.text(_facts(summary=shown))
  assert 'who was shown the right answers' in said


@pytest.mark.parametrize('value', ['a*b*', '`', '[x](y)', '<b>', '&lt;', '|\\'])
def test_signs_stand_for_themselves(value):
  said = f'head\n---\n{markdown.table([("plain", markdown.plain(value))])}'
  assert _rows(said) == {'plain': value}
