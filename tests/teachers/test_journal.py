import sqlite3
import subprocess
import sys

import pytest

from distill_jax.teachers import journal
from distill_jax.teachers import request as request_lib


def _entry(key, **more):
  reply = request_lib.Reply(
    text=f'text of {key} \n ü "quoted" \x00 end',
    finish='length',
    prompt_tokens=7,
    completion_tokens=5,
    estimated=True,
  )
  given = {
    'key': key,
    'name': 'a',
    'model': 'm',
    'place': 'host:1',
    'sample': 0,
    'reply': reply,
    'money': 0.25,
    'seconds': 2.0,
  }
  return journal.Entry(**{**given, **more})


def test_samples_come_back_as_they_were(tmp_path):
  path = tmp_path / 'new' / 'journal.sqlite'
  entries = [_entry(f'k{n}') for n in range(1200)]
  with journal.opened(path) as kept:
    kept.add(entries)
  with journal.opened(path) as kept:
    found = kept.find([entry.key for entry in entries] + ['other'])
    assert found == {entry.key: entry.reply for entry in entries}
    spent = kept.spent()
    assert (spent.samples, spent.money) == (1200, 300.0)
    assert (spent.prompt_tokens, spent.completion_tokens) == (8400, 6000)
    kept.note(['k1', 'k2', 'other'])
    kept.note(['k2'])
    assert kept.noted().money == 0.5
    assert kept.places() == ['host:1']
    assert kept.seconds('m') == 2.0
    assert kept.seconds('n') is None


def test_the_first_sample_of_a_key_stays(tmp_path):
  with journal.opened(tmp_path / 'j') as kept:
    kept.add([_entry('k'), _entry('k', money=9.0)])
    kept.add([_entry('k', money=8.0)])
    assert kept.spent().money == 0.25


def test_what_was_added_survives_a_killed_process(tmp_path):
  path = tmp_path / 'j'
  code = f"""
import os, pathlib, signal
from distill_jax.teachers import journal
from distill_jax.teachers import request as request_lib
with journal.opened(pathlib.Path({str(path)!r})) as kept:
  for n in range(50):
    kept.add([journal.Entry(key=f'k{{n}}', name='a', model='m', place='',
      sample=n, reply=request_lib.Reply(text='t'), money=0.0, seconds=0.0)])
  os.kill(os.getpid(), signal.SIGKILL)
"""
  subprocess.run([sys.executable, '-c', code], check=False)
  with journal.opened(path) as kept:
    assert len(kept.find([f'k{n}' for n in range(60)])) == 50


def test_one_process_at_a_time(tmp_path):
  path = tmp_path / 'j'
  with journal.opened(path):
    with pytest.raises(ValueError, match='another process uses it'):
      with journal.opened(path):
        pass


def test_other_files_are_told(tmp_path):
  path = tmp_path / 'text'
  path.write_text('no database, but a text that is long enough ' * 10)
  with pytest.raises(ValueError, match=r'cannot be used .*not a database'):
    with journal.opened(path):
      pass
  path = tmp_path / 'other.db'
  with sqlite3.connect(path) as connection:
    connection.execute('CREATE TABLE things (name TEXT)')
  connection.close()
  with pytest.raises(ValueError, match='is no journal of samples'):
    with journal.opened(path):
      pass
  path = tmp_path / 'newer'
  with journal.opened(path):
    pass
  with sqlite3.connect(path) as connection:
    connection.execute('PRAGMA user_version = 2')
  connection.close()
  with pytest.raises(ValueError, match='has the format 2, expected 1'):
    with journal.opened(path):
      pass


def test_a_folder_is_no_journal(tmp_path):
  with pytest.raises(ValueError, match='cannot be used'):
    with journal.opened(tmp_path):
      pass
