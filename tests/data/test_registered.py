"""What T5X sees; the only test that loads TensorFlow beside the others."""

import pytest
import tokenizers

from distill_jax.data import candidates
from distill_jax.data import source as source_lib
from distill_jax.text import vocabulary
from tests import shared
from tests.data import brought

seqio = pytest.importorskip('seqio')

_LENGTHS = {'inputs': 64, 'targets': 32}


@pytest.fixture(scope='module')
def registered():
  from distill_jax.tasks import registered

  return registered


@pytest.fixture
def source(tmp_path):
  yield brought.read(brought.write(tmp_path / 'pens'))
  seqio.MixtureRegistry.remove('records')
  for part in ('records_label', 'records_rationale'):
    seqio.TaskRegistry.remove(part)


def _ids(name, split='train', num_epochs=1, take=-1):
  examples = seqio.get_mixture_or_task(name).get_dataset(
    _LENGTHS, split, shuffle=False, num_epochs=num_epochs, seed=0
  )
  return [
    (example['inputs'].tolist(), example['targets'].tolist())
    for example in examples.take(take).as_numpy_iterator()
  ]


def _encoded(inputs, targets):
  encode = vocabulary.Vocabulary().encode
  return [*encode(inputs), 1], [*encode(targets), 1]


def test_each_task_has_its_ids(registered, source):
  registered.register(source)
  asked = 'How many pens are 2 and two?'
  assert _ids('records_label')[1] == _encoded(f'[label] {asked}', 'four')
  assert _ids('records_rationale')[1] == _encoded(
    f'[rationale] {asked}', brought.TEXTS[0]
  )
  assert len(_ids('records_label')) == len(_ids('records_rationale')) == 2


def test_the_mixture_holds_both(registered, source):
  registered.register(source)
  labels, rationales = _ids('records_label'), _ids('records_rationale')
  mixed = _ids('records', num_epochs=None, take=60)
  assert all(example in labels + rationales for example in mixed)
  assert 15 < sum(example in labels for example in mixed) < 45
  assert set(seqio.get_mixture_or_task('records').output_features) == {
    'inputs',
    'targets',
  }


def test_all_voted_positives_become_examples(registered, source):
  registered.register(source, candidates.Voted(positives=3))
  targets = [targets for _, targets in _ids('records_rationale')]
  encode = vocabulary.Vocabulary().encode
  wanted = [[*encode(brought.TEXTS[k]), 1] for k in (0, 2)]
  assert targets == wanted * 2


def test_the_embedded_task_is_there_by_import(registered):
  ((inputs, targets),) = _ids('story_problems', 'validation', take=1)
  assert inputs[-1] == targets[-1] == 1


def test_the_end_of_a_premise_is_one_id_for_t5x_too(registered):
  """As the published tokenizer of T5 has it."""
  made = tokenizers.Tokenizer.from_file(
    str(shared.path('tokenizers', 't5-base-tokenizer.json'))
  )
  registered.register(
    source_lib.Source(
      task='esnli',
      data_dir=str(shared.path('esnli_sample')),
      vocabulary=vocabulary.Vocabulary(
        str(shared.path('tokenizers', 't5_spiece.model')), extra_ids=100
      ),
    )
  )
  inputs, targets = _ids('esnli_label', 'validation', take=1)[0]
  asked = (
    '[label] Two women are embracing while holding to go packages.</s>The'
    ' sisters are hugging goodbye while holding to go packages after just'
    ' eating lunch.'
  )
  assert inputs == made.encode(asked).ids
  assert targets == made.encode('neutral').ids
  assert inputs.count(1) == 2
