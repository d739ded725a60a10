"""Replies of real models, against the answers that others took from them."""

import itertools
import json

import pytest

from distill_jax.data import registry
from distill_jax.rationales import dss_cqa, dss_svamp
from distill_jax.teachers.prompting import form as form_lib
from distill_jax.teachers.prompting import prompt_files, reading
from tests import shared


def _form(name: str) -> form_lib.Form:
  return form_lib.read(prompt_files.path('forms', name))


@pytest.mark.parametrize(
  ('task', 'completion', 'holds'),
  [
    # '(9 * 10) / 2' is cut to '(9 * 10)' by the released parser
    ('svamp', dss_svamp.completion, str.startswith),
    # and '(b) in town' to 'in town'
    ('cqa', dss_cqa.completion, str.endswith),
  ],
)
def test_palms_replies_are_read_as_the_released_parsers_do(
  task, completion, holds
):
  """Where they find an answer so do we, and theirs is a part of ours."""
  asked, path = _form('dss'), shared.path(task, 'llm', 'test_CoT_0.json')
  found = [
    (theirs, reading.read(asked, raw).answer)
    for raw in json.loads(path.read_text(encoding='utf-8'))
    if (theirs := completion(raw)[1])
  ]
  assert len(found) > 190
  assert all(ours and holds(ours, theirs) for theirs, ours in found)


@pytest.mark.parametrize('form', ['qcrd', 'dss', 'kard', 'zero_shot'])
@pytest.mark.parametrize('task', ['strategyqa', 'svamp'])
def test_six_models_are_understood_whatever_form_they_were_given(task, form):
  """Completions of six models of OpenAI's, two styles each, and of PaLM.

  None of these forms asked for them. The few that differ state no answer, so
  theirs was taken from the reasoning.
  """
  asked = _form(form)
  data_set = registry.load(task).DATA_SET
  records = data_set.records('train', str(shared.path(task)))
  kind, same, found = data_set.answers, 0, 0
  for record in itertools.islice(records, 100):
    for one in record.rationales:
      theirs = kind.parse(one.answer) if one.answer else None
      if theirs is not None:
        ours = kind.parse(reading.read(asked, one.text).answer or '')
        found += 1
        same += ours is not None and kind.same(ours, theirs)
  assert found > 900
  assert same / found > 0.98
