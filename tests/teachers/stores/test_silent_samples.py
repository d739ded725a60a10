"""Samples that give no rationale: not in the store, and never forgotten."""

import dataclasses
import json

import pytest

from distill_jax.rationales import store
from distill_jax.teachers.prompting import prompting
from distill_jax.teachers.stores import collection
from distill_jax.text import answers
from tests.teachers import fake

_RIGHT = '<Explanation>: They are 2 + 3. <Answer>: ( 2 + 3 )'


@pytest.fixture
def data(tmp_path):
  record = {'question': 'Anna has 2 pens and buys 3.', 'label': '( 2 + 3 )'}
  folder = tmp_path / 'data'
  folder.mkdir()
  for split in ('train', 'validation', 'test'):
    (folder / f'{split}.jsonl').write_text(json.dumps(record) + '\n')
  return folder


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Ends(fake.Fake):
  """Says how each sample ended.

  Attributes:
    replies: text and finish of every sample, by its number.
  """

  replies: tuple[tuple[str, str], ...]

  async def write(self, request):
    return [
      dataclasses.replace(
        reply,
        text=self.replies[sample][0],
        finish=self.replies[sample][1],
      )
      for reply, sample in zip(await super().write(request), request.samples)
    ]


def _ended(tmp_path, data, *replies, **more):
  """The rationales of one question, and the summary."""
  more = {'prompting': prompting.Prompting(examples='svamp'), **more}
  job = collection.Collection(
    teacher=_Ends(replies=replies),
    output=str(tmp_path / 'out'),
    task='records',
    data_dir=str(data),
    answers=answers.Equation(),
    samples=len(replies),
    **more,
  )
  job.run('')
  (record,) = store.read(tmp_path / 'out' / 'train.jsonl')
  text = (tmp_path / 'out' / 'summary.json').read_text()
  return record.rationales, json.loads(text)


def test_samples_that_the_limit_emptied_are_wrong(tmp_path, data):
  """10 right, and 10 that thought until the limit: 50 %, not 100 %."""
  replies = [(_RIGHT, 'stop')] * 10 + [('', 'length')] * 10
  kept, figures = _ended(tmp_path, data, *replies)
  assert [one.sample for one in kept] == [*range(10)]
  assert (figures['sample']['number'], figures['sample']['total']) == (10, 20)
  assert (figures['samples'], figures['cut'], figures['empty']) == (20, 10, 10)
  assert figures['vote']['share'] == 1


def test_a_baseline_counts_what_was_not_answered(tmp_path, data):
  alone = prompting.Prompting(form='few_shot', examples='svamp')
  replies = (('', 'length'),)
  kept, figures = _ended(tmp_path, data, *replies, prompting=alone)
  assert not kept
  for name in ('sample', 'first', 'vote'):
    assert (figures[name]['number'], figures[name]['total']) == (0, 1)


def test_thoughts_are_no_rationales(tmp_path, data):
  replies = (
    ('<think>Hmm, the user wants', 'length'),
    ('<think>Is it 2 + 3?</think>\n<Answer>: 2 + 3', 'stop'),
    ('<think>So.</think>They are 2 + 3. <Answer>: 2 + 3', 'stop'),
  )
  kept, figures = _ended(tmp_path, data, *replies)
  assert [(one.text, one.answer, one.sample) for one in kept] == [
    ('The answer is 2 + 3.', '2 + 3', 1),
    ('They are 2 + 3.', '2 + 3', 2),
  ]
  assert (figures['empty'], figures['bare'], figures['cut']) == (1, 1, 1)
  assert figures['positives'] == 1


def test_a_shown_answer_takes_a_reason(tmp_path, data):
  """Neither thoughts nor refusals become positives by the answer shown."""
  shown = prompting.Prompting(form='kard_gold', examples='svamp')
  replies = (
    ('<think>Hmm, the user wants', 'length'),
    ('Answer: 2 + 3', 'stop'),
    ('I cannot help with that.', 'refusal'),
    ('They are', 'content_filter'),
    ('They are 2 + 3.', 'stop'),
    ('', 'stop'),
  )
  kept, figures = _ended(tmp_path, data, *replies, prompting=shown)
  assert [(one.text, one.answer, one.sample) for one in kept] == [
    ('I cannot help with that.', '', 2),
    ('They are', '', 3),
    ('They are 2 + 3.', '( 2 + 3 )', 4),
  ]
  assert (figures['positives'], figures['empty']) == (1, 3)
  assert figures['finishes'] == {'refusal': 1, 'content_filter': 1}
