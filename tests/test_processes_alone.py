"""What processes tell each other, where there is one alone."""

import errno
import subprocess
import sys

import jax
import numpy as np
import pytest

from distill_jax import processes
from distill_jax.training import partition


def test_one_process_leads_and_waits_for_nobody():
  assert processes.leads()
  assert not processes.several()
  assert processes.led(lambda: {'a': 1}) == {'a': 1}
  assert processes.anywhere(True)
  assert not processes.anywhere(False)


def test_what_the_first_one_raises_is_raised():
  def fail():
    raise ValueError('no such folder')

  with pytest.raises(ValueError, match='no such folder'):
    processes.led(fail)


def test_one_process_hears_itself_at_once():
  poll = processes.Poll(partition.Mesh().build())
  assert poll.ask(15, True) == (15, 1)
  assert poll.now(0) == (0,)


def test_arrays_are_fetched_as_they_are():
  x = jax.numpy.arange(6).reshape(2, 3)
  assert processes.whole(x) is x
  np.testing.assert_array_equal(processes.fetch(x), np.arange(6).reshape(2, 3))


def _assert_loss(error, loss):
  """Holds for an error by itself, and for one that another comes of."""
  outer = OSError('the checkpoint cannot be written')
  outer.__cause__ = error
  assert processes._loss(error) is processes._loss(outer)
  assert processes._loss(error) is (error if loss else None)


@pytest.mark.parametrize(
  ('said', 'loss'),
  [
    ('INTERNAL: Gloo all-reduce failed: Connection closed by peer', True),
    ('UNAVAILABLE: The following tasks are unhealthy', True),
    ('RESOURCE_EXHAUSTED: Out of memory', False),
    ('INVALID_ARGUMENT: shapes', False),
  ],
)
def test_a_failed_talk_is_told_from_other_errors(said, loss):
  _assert_loss(jax.errors.JaxRuntimeError(said), loss)


@pytest.mark.parametrize(
  ('said', 'loss'),
  [
    ('UNKNOWN: Gloo AllGather failed: Connection reset by peer', True),
    ('INTERNAL: NCCL operation failed: remote process exited', True),
    ('UNKNOWN: Error writing local file "a"', False),
    ("the question 'What is NCCL?' has no answer", False),
  ],
)
def test_what_jax_cannot_fetch_may_be_a_failed_talk(said, loss):
  _assert_loss(ValueError(said), loss)


def test_who_waits_in_vain_for_others_has_lost_them():
  _assert_loss(TimeoutError("Timeout waiting at barrier 'commit'"), True)
  _assert_loss(TimeoutError(errno.ETIMEDOUT, 'of a disk'), False)


def test_leaves_at_once_with_status_and_sentence():
  program = """
import atexit
from distill_jax import processes
atexit.register(print, 'not this')
processes.leave(75, 'lost')
"""
  ended = subprocess.run(
    [sys.executable, '-c', program],
    capture_output=True,
    text=True,
    check=False,
  )
  assert (ended.returncode, ended.stdout, ended.stderr) == (75, '', 'lost\n')
