"""The examples and forms of the package: every pair, and no test question."""

import itertools
import pathlib
import re

import pytest
import sentencepiece

from distill_jax.data import registry
from distill_jax.rationales import invented_wording
from distill_jax.teachers.prompting import prompting, solved
from distill_jax.text import arithmetic, quantities
from tests import shared

_HERE = pathlib.Path(prompting.__file__).parent
_FORMS = sorted(path.stem for path in (_HERE / 'forms').glob('*.toml'))
_EXAMPLES = sorted(path.stem for path in (_HERE / 'examples').glob('*.toml'))
_FOLDERS = {
  **{name: name for name in ('svamp', 'asdiv', 'cqa', 'openbookqa')},
  **{name: name for name in ('strategyqa', 'medqa')},
  **{name: f'{name}_sample' for name in ('anli1', 'esnli')},
}
_FILES = {'anli1': 'anli1_valid.json', 'esnli': 'esnli_valid.json'}


def _records(name: str) -> tuple:
  return solved.read(_HERE / 'examples' / f'{name}.toml').records


@pytest.mark.parametrize('task', registry.names())
@pytest.mark.parametrize('form', _FORMS)
def test_every_reply_is_read_as_it_was_written(form, task):
  """Written out by the form, rationale and answer come back."""
  asked = prompting.Prompting(form=form).of(task)
  for record in asked.solved.records:
    said = asked.read(record, asked.reply(record))
    told = record.rationales[0].text
    kind = registry.load(task).DATA_SET.answers.among(record.choices)
    assert said.rationale == ('' if form == 'few_shot' else told)
    assert kind.parse(said.answer) == kind.parse(record.label)
    assert kind.correct(record.label, record.label)


def test_the_seven_forms_are_there():
  assert set(_FORMS) == {
    *('qcrd', 'dss', 'kard', 'kard_gold', 'zero_shot', 'zero_shot_gold'),
    'few_shot',
  }


@pytest.mark.parametrize('name', _EXAMPLES)
def test_there_are_five_to_seven_examples(name):
  records = _records(name)
  assert 5 <= len(records) <= 7
  assert len({record.question for record in records}) == len(records)


@pytest.mark.parametrize('name', _EXAMPLES)
def test_answers_do_not_stand_in_one_place(name):
  """A teacher that learns 'always (b)' from the examples learns nothing."""
  records = [record for record in _records(name) if record.choices]
  places = [record.choices.index(record.label) for record in records]
  assert not records or max(map(places.count, places)) <= len(places) / 2


@pytest.mark.parametrize('name', ['svamp', 'asdiv'])
def test_what_rationales_compute_is_right_and_comes_to_the_answer(name):
  for record in _records(name):
    text = record.rationales[0].text
    steps = re.findall(r'([\d +*/-]+\d) = (\d+)', text)
    assert steps
    for step, result in steps:
      assert arithmetic.value(step) == float(result)
    assert arithmetic.value(record.label) == float(steps[-1][1])


def test_story_problems_name_the_answer_as_their_students_do():
  for record in _records('story_problems'):
    computed = record.rationales[0].text.rpartition(': ')[2]
    assert quantities.expression(computed) == record.label[2:-2]


@pytest.mark.parametrize('name', _EXAMPLES)
def test_t5_can_read_the_rationales(name):
  """No character is lost on the way to a student."""
  model = sentencepiece.SentencePieceProcessor(
    model_file=str(shared.path('tokenizers', 't5_spiece.model'))
  )
  for record in _records(name):
    told = record.rationales[0].text
    assert model.decode(model.encode(told)) == told


@pytest.mark.parametrize('name', _FOLDERS)
def test_no_question_of_the_data_is_an_example(name):
  """By its words: capitals, marks and spaces do not count."""
  texts = _data(name)
  assert len(texts) >= 200
  asked = {_normal(record.question) for record in _records(name)}
  assert not asked & texts


def _data(name: str) -> set[str]:
  folder = shared.path(_FOLDERS[name])
  if name in _FILES:
    lines = (folder / _FILES[name]).read_text(encoding='utf-8').splitlines()
    pairs = re.compile(r'"premise":"(.*?)","hypothesis":"(.*?)","label"')
    found = [pairs.search(line) for line in lines]
    return {_normal('</s>'.join(one.groups())) for one in found}
  data_set = registry.load(name).DATA_SET
  splits = ['test'] if name == 'medqa' else data_set.splits
  return {
    _normal(record.question)
    for split in splits
    for record in data_set.records(split, str(folder))
  }


@pytest.mark.parametrize('task', ['story_problems', 'story_problems_fresh'])
def test_no_embedded_problem_is_an_example(task):
  data_set = registry.load(task).DATA_SET
  asked = {_normal(record.question) for record in _records('story_problems')}
  for split in data_set.splits:
    drawn = (_normal(one.question) for one in data_set.records(split))
    assert asked.isdisjoint(drawn)


def test_no_invented_land_is_in_an_example():
  lands = map(
    ''.join,
    itertools.product(invented_wording.FIRST, invented_wording.SECOND),
  )
  told = ' '.join(
    record.question + record.passages[0].text
    for record in _records('invented_facts')
  )
  assert not set(lands) & set(re.findall(r'\w+', told))


def _normal(text: str) -> str:
  return ' '.join(re.findall(r'\w+', text.casefold()))
