"""Windows of metrics, the file they go to, and what is not finite."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from etils import epath

from distill_jax.losses import mean
from distill_jax.training import finite, metrics


def _terms(total, count):
  return {'loss': mean.Mean(jnp.float32(total), jnp.float32(count))}


def test_a_window_is_the_mean_over_all_its_tokens():
  meter = metrics.Meter()
  meter.add(_terms(2.0, 1.0))
  meter.add(_terms(4.0, 3.0))
  meter.add({'rare': mean.Mean(jnp.float32(0.0), jnp.float32(0.0))})
  assert meter.take() == {'loss': 1.5}, 'the mean of nothing is no 0'
  assert meter.take() == {}


def test_a_window_survives_being_written_down():
  values = np.random.default_rng(0).normal(size=(9, 2)) ** 2
  whole, first = metrics.Meter(), metrics.Meter()
  for total, count in values:
    whole.add(_terms(total, count))
  for total, count in values[:4]:
    first.add(_terms(total, count))
  second = metrics.Meter(json.loads(json.dumps(first.sums())))
  for total, count in values[4:]:
    second.add(_terms(total, count))
  assert second.take() == whole.take()


def test_what_is_being_written_does_not_change():
  meter = metrics.Meter()
  meter.add(_terms(2.0, 1.0))
  written = meter.sums()
  meter.add(_terms(4.0, 3.0))
  meter.sums()
  assert written == {'loss': [2.0, 1.0]}


def test_history_forgets_what_will_be_logged_again(tmp_path):
  folder = epath.Path(tmp_path)
  history = metrics.History(folder, 0)
  for step in (3, 5, 6):
    history.write(step, {'loss': 1 / step})
  history.write(5, {'validation/accuracy': 0.5})
  history.close()
  history = metrics.History(folder, 5)
  history.write(6, {'loss': 9.0})
  history.close()
  assert metrics.read(folder / 'metrics.jsonl') == [
    {'step': 3, 'loss': 1 / 3},
    {'step': 5, 'loss': 1 / 5},
    {'step': 5, 'validation/accuracy': 0.5},
    {'step': 6, 'loss': 9.0},
  ]


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named(value):
  finite.check_values(7, {'label_nll': 1.0})
  with pytest.raises(finite.NonFiniteError, match=rf'label_nll is {value}.* 7'):
    finite.check_values(7, {'auc': 0.5, 'label_nll': float(value)})
  tree = {'count': jnp.zeros((), jnp.int32), 'kernel': jnp.ones((2, 3))}
  finite.check_networks(7, 'parameters', {'student': tree})
  tree['kernel'] = tree['kernel'].at[1, 2].set(value)
  with pytest.raises(
    finite.NonFiniteError, match=r'moments of the critic .* 7'
  ):
    finite.check_networks(7, 'moments', {'critic': tree})


@pytest.mark.parametrize(
  ('seconds', 'text'), [(0.4, '0:00'), (185, '3:05'), (3723, '1:02:03')]
)
def test_duration(seconds, text):
  assert metrics.duration(seconds) == text


def test_a_last_line_that_is_cut_off_is_dropped(tmp_path, caplog):
  path = epath.Path(tmp_path) / 'metrics.jsonl'
  path.write_text('{"step": 3, "loss": 1.5}\n{"step": 5, "lo')
  with caplog.at_level('WARNING', logger='distill_jax'):
    history = metrics.History(path.parent, 5)
  history.write(6, {'loss': 0.5})
  history.close()
  assert metrics.read(path) == [
    {'step': 3, 'loss': 1.5},
    {'step': 6, 'loss': 0.5},
  ]
  (said,) = caplog.messages
  assert 'the last line is cut off' in said


def test_another_line_that_is_damaged_is_named(tmp_path):
  path = epath.Path(tmp_path) / 'metrics.jsonl'
  path.write_text('{"step": 3}\n{"st\n{"step": 5}\n')
  with pytest.raises(ValueError, match=r"line 2, is no JSON: '{\"st'; remove"):
    metrics.read(path)
