"""Greedy answers, and the vote of several samples."""

import dataclasses

import jax
import numpy as np
import pytest

from distill_jax.evaluation import decode, manners, outcome
from distill_jax.rationales import record
from distill_jax.students import sampling as sampling_lib
from distill_jax.text import answers, joint, vocabulary


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Says(decode.Decoder):
  """A decoder whose student writes given texts, a tuple per call."""

  written: tuple[tuple[str, ...], ...]
  calls: list = dataclasses.field(default_factory=list)

  def tokens(self, params, inputs, width, sampling, rng=None):
    texts = self.written[len(self.calls)]
    self.calls.append((sampling, rng))
    return [np.array(self.vocabulary.encode(text)) for text in texts]


class _Split:
  name = 'test'
  lengths = decode.lengths_lib.Lengths()

  def __init__(self, *asked):
    self._asked = asked

  def __len__(self):
    return len(self._asked)

  def records(self):
    return list(self._asked)


def _decoder(*written):
  return _Says(
    student=None,
    vocabulary=vocabulary.Vocabulary(),
    prompts=joint.RationaleThenLabel(),
    written=written,
  )


_BANK = record.Record(
  example_id='bank/1',
  question='Where?',
  label='in town',
  choices=('by the river', 'in town'),
)
_SUM = record.Record(example_id='sum/1', question='How many?', label='4')


def _voted(decoder, *asked, kind, **fields):
  own = manners.Majority(samples=len(decoder.written), **fields)
  return own.write(decoder, {}, _Split(*asked), kind)


def test_most_samples_win_whatever_their_words():
  decoder = _decoder(
    ('One. Answer: (a)', 'a. Answer: 4'),
    ('Two. Answer: in town', 'b. Answer: 5'),
    ('Three. Answer: (b)', 'c. Answer: 4.0'),
  )
  bank, total = _voted(decoder, _BANK, _SUM, kind=answers.Text())
  assert bank.label == 'in town'
  text = decoder.rationale_in(bank.tokens)
  assert text == 'Two.'
  assert total.label == '4'  # as texts, 4 and 4.0 differ: a tie, the first wins
  (total,) = _voted(
    _decoder(('a. Answer: 5',), ('b. Answer: 4',), ('c. Answer: 4.0',)),
    _SUM,
    kind=answers.Number(),
  )
  assert total.label == '4'


def test_without_any_answer_the_first_sample_stands():
  decoder = _decoder(('Well.',), ('Who knows?',))
  (found,) = _voted(decoder, _BANK, kind=answers.Text())
  assert found.label == ''
  assert decoder.rationale_in(found.tokens) == 'Well.'


def test_samples_are_drawn_by_keys_of_their_own():
  decoder = _decoder(*[('Answer: (a)',)] * 3)
  _voted(decoder, _BANK, kind=answers.Text(), temperature=0.7, seed=3)
  data = {tuple(jax.random.key_data(rng).tolist()) for _, rng in decoder.calls}
  assert len(data) == 3
  drawn, _ = decoder.calls[0]
  assert drawn == sampling_lib.Temperature(
    max_tokens=256, temperature=0.7, top_k=50, top_p=0.95
  )


def test_what_stands_before_the_label_is_written_once():
  decoder = _decoder(('It moved. Answer: (b)',))
  found = outcome.judge(
    decoder, {}, _Split(_BANK), answers.Text(), rationales=True
  )
  assert len(decoder.calls) == 1
  assert found.rows[0]['rationale'] == 'It moved.'
  assert found.rows[0]['correct']


@pytest.mark.parametrize(
  ('fields', 'said'),
  [
    ({'samples': 0}, 'samples is 0'),
    ({'temperature': 0.0}, 'temperature is 0.0'),
    ({'top_p': 1.5}, 'top_p 1.5'),
  ],
)
def test_refuses_what_draws_nothing(fields, said):
  with pytest.raises(ValueError, match=said):
    manners.Majority(**fields)
