"""A collection that is killed again and again ends like one that was not."""

import random
import signal
import sqlite3
import subprocess
import time
import urllib.parse

import pytest

from tests.teachers import collecting, server

_CONCURRENCY = 16
_STORY = 'tests.teachers.server_replies:story'


def _start(url, folder, questions):
  return subprocess.Popen(
    collecting.command(
      url, folder, LIMIT=questions, CONCURRENCY=_CONCURRENCY, PROMPT_PRICE=0.5
    ),
    stdout=subprocess.DEVNULL,
    stderr=subprocess.PIPE,
    text=True,
  )


def _finished(url, folder, questions):
  process = _start(url, folder, questions)
  said = process.communicate()[1]
  assert process.returncode == 0, said


def _end(process, endpoint, moment, by=signal.SIGKILL):
  """Ends it so many seconds after its first request; its status."""
  before = endpoint.count()['requests']
  while process.poll() is None and endpoint.count()['requests'] == before:
    time.sleep(0.01)
  time.sleep(moment)
  process.send_signal(by)
  process.communicate()
  return process.returncode


def _settled(endpoint):
  """The samples that were answered, when nothing is under way any more."""
  while (count := endpoint.count())['in_flight']:
    time.sleep(0.02)
  return count['samples']


def _there(folder):
  """Samples in the journal, as the next run will find them."""
  connection = sqlite3.connect(folder / 'journal.sqlite')
  try:
    return connection.execute('SELECT count(*) FROM samples').fetchone()[0]
  finally:
    connection.close()


def _contents(folder, url):
  """All files but the journal, which tells times; no port, no folder."""
  return {
    path.name: path.read_text('utf-8')
    .replace(urllib.parse.urlsplit(url).netloc, 'PLACE')
    .replace(str(folder), 'FOLDER')
    for path in folder.iterdir()
    if not path.name.startswith(('journal', '.lock'))
  }


@pytest.mark.parametrize(
  ('kills', 'questions', 'n'),
  [
    pytest.param(2, 30, 'ignored', marks=pytest.mark.slow),
    pytest.param(20, 240, 'ignored', marks=pytest.mark.slow),
    pytest.param(6, 300, 'honoured', marks=pytest.mark.slow),
  ],
)
def test_killed_at_random_moments(tmp_path, kills, questions, n):
  options = {'n': n, 'latency': 0.2, 'reply': _STORY}
  rng, calm, folder = random.Random(0), tmp_path / 'calm', tmp_path / 'killed'
  with server.serve(**options) as endpoint:
    _finished(endpoint.url, calm, questions)
    undisturbed = _contents(calm, endpoint.url)
    assert endpoint.count()['samples'] == 5 * questions
  most = _CONCURRENCY * (5 if n == 'honoured' else 1)
  with server.serve(**options) as endpoint:
    lost = 0
    for _ in range(kills):
      process = _start(endpoint.url, folder, questions)
      assert _end(process, endpoint, rng.uniform(0, 0.7)) == -signal.SIGKILL
      twice = _settled(endpoint) - _there(folder)
      assert 0 <= twice - lost <= most
      lost = twice
    _finished(endpoint.url, folder, questions)
    count = endpoint.count()
    assert _contents(folder, endpoint.url) == undisturbed
  assert count['samples'] - lost == 5 * questions == _there(folder)
  assert sum(count['by_key'].values()) == count['accepted']
  assert count['most_in_flight'] <= _CONCURRENCY


def test_an_interrupt_loses_nothing(tmp_path):
  with server.serve(n='ignored', latency=0.2, reply=_STORY) as endpoint:
    process = _start(endpoint.url, tmp_path, 200)
    assert _end(process, endpoint, 0.5, by=signal.SIGINT) == 130
    assert 0 < _settled(endpoint) == _there(tmp_path) < 1000
