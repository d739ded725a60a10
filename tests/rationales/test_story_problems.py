"""The embedded data set: sizes, fairness, and what no split shares."""

import collections
import itertools
import math
import re

import pytest

from distill_jax.rationales import story_problems, story_templates
from distill_jax.text import arithmetic


@pytest.fixture(scope='module')
def records():
  return {
    split: list(story_problems.read(split)) for split in story_problems.SPLITS
  }


def test_splits_are_large_enough(records):
  sizes = {split: len(found) for split, found in records.items()}
  assert sizes['train'] >= 2000
  assert sizes['validation'] >= 300
  assert sizes['test'] >= 500
  assert sizes['test_unseen'] >= 200


def test_the_same_seed_draws_the_same_records():
  first = list(itertools.islice(story_problems.read('test'), 50))
  again = list(itertools.islice(story_problems.read('test'), 50))
  other = list(itertools.islice(story_problems.read('test', seed=1), 50))
  assert first == again
  assert first != other


def test_a_worked_example_does_not_move():
  # A cache and published scores belong to these very texts.
  record = next(story_problems.read('train'))
  assert record.example_id == 'story_problems/train/0'
  assert len(record.rationales) == 5
  assert arithmetic.value(record.label) > 0


def test_no_two_questions_share_people_and_quantities(records):
  keys = [
    _people_and_quantities(record.question)
    for found in records.values()
    for record in found
  ]
  assert len(keys) == len(set(keys))


def test_unseen_templates_stay_unseen(records):
  used = {
    split: {record.extra['template'] for record in found}
    for split, found in records.items()
  }
  unseen = used.pop('test_unseen')
  assert unseen == {t.name for t in story_templates.UNSEEN}
  assert all(unseen.isdisjoint(names) for names in used.values())


def test_no_answer_is_frequent(records):
  for found in records.values():
    values = [round(arithmetic.value(r.label), 6) for r in found]
    ((_, frequency),) = collections.Counter(values).most_common(1)
    assert frequency / len(values) < 0.1


def test_no_fixed_rule_solves_a_fifth(records):
  for split in ('train', 'validation', 'test'):
    assert max(_rules(records[split]).values()) / len(records[split]) < 0.2


def test_every_label_uses_only_quantities_of_its_question(records):
  for record in records['test']:
    in_label = _numbers(record.label)
    assert collections.Counter(in_label) <= collections.Counter(
      _numbers(record.question)
    )


def test_every_operation_and_both_difficulties_occur(records):
  operations = collections.Counter(
    r.extra['operations'] for r in records['train']
  )
  assert {'+', '-', '*', '/'} <= set(operations)
  assert all(f'{a} {b}' in operations for a in '+-*/' for b in '+-')
  share = sum(r.extra['hard'] for r in records['train'])
  assert 0.3 < share / len(records['train']) < 0.7


def test_an_unknown_split_is_named():
  with pytest.raises(ValueError, match="no split 'dev'; choose one of"):
    next(story_problems.read('dev'))


def test_templates_have_one_quantity_a_sentence_and_a_name_of_their_own():
  templates = story_templates.SEEN + story_templates.UNSEEN
  assert len({t.name for t in templates}) == len(templates)
  for template in templates:
    assert [re.findall('{[ab]}', s) for s in template.story] in (
      [['{a}'], ['{b}']],
      [['{b}'], ['{a}']],
    )


def _numbers(text):
  return [int(n) for n in re.findall(r'\d+', text)]


def _people_and_quantities(question):
  people = [
    n for n in story_templates.NAMES if re.search(rf'\b{n}\b', question)
  ]
  return (*sorted(people), *sorted(_numbers(question)))


def _rules(records):
  """How often 'number i op number j' is right, by place and by size."""
  operations = {
    '+': lambda a, b: a + b,
    '-': lambda a, b: a - b,
    '*': lambda a, b: a * b,
    '/': lambda a, b: a / b,
  }
  right = collections.Counter()
  for record in records:
    numbers = _numbers(record.question)
    answer = arithmetic.value(record.label)
    for kind, ordered in (('text', numbers), ('size', sorted(numbers))):
      n = len(ordered)
      for i, j in itertools.permutations(range(n), 2):
        for name, operation in operations.items():
          if math.isclose(operation(ordered[i], ordered[j]), answer):
            # Counted from the front and from the end are two rules.
            places = itertools.product((i, i - n), (j, j - n))
            right.update((kind, name, *place) for place in places)
  return right
