"""Which processes make a run, and the parent that watches over each."""

import argparse
import os
import signal
import socket
import subprocess
import sys

import pytest

from distill_jax.cli import errors, joining
from tests import proc

_ADDRESS = '--coordinator_address=10.0.0.2:8476'


def _options(*arguments):
  parser = argparse.ArgumentParser()
  joining.add_options(parser)
  return parser.parse_args(arguments)


def test_one_process_needs_no_word():
  assert not joining.several(_options())
  assert not joining.several(argparse.Namespace())  # an entry without them
  assert joining.leads(_options())


@pytest.mark.parametrize(
  'arguments',
  [
    ('--distributed',),
    (_ADDRESS, '--process_count=2', '--process_index=1'),
    (_ADDRESS, '--process_count=1', '--process_index=0'),
    (
      '--coordinator_address=[fd00::2]:80',
      *('--process_count=2', '--process_index=0'),
    ),
  ],
)
def test_several(arguments):
  assert joining.several(_options(*arguments))


@pytest.mark.parametrize(
  ('arguments', 'words'),
  [
    ((_ADDRESS,), '--process_count, --process_index: missing'),
    (
      ('--process_count=2', '--process_index=0'),
      '--coordinator_address: missing',
    ),
    (
      (_ADDRESS, '--process_count=2', '--process_index=2'),
      '--process_index=2 is none of --process_count=2',
    ),
    *(
      (
        (
          f'--coordinator_address={no}',
          '--process_count=2',
          '--process_index=0',
        ),
        'expected HOST:PORT',
      )
      for no in (
        'a',
        'a:b',
        ':80',
        'a:0',
        'a:65536',
        'a:',
        'http://a:80',
        'fd00::2:80',
        '[10.0.0.2]:80',
        'a b:80',
      )
    ),
    (
      (_ADDRESS, '--process_count=0', '--process_index=0'),
      '--process_count=0: expected at least 1',
    ),
    (('--distributed', '--process_index=0'), 'not both'),
    (('--distributed', '--restarts=-1'), '--restarts=-1: expected'),
    (('--restarts=5',), '--restarts=5: expected .* beside --distributed'),
  ],
)
def test_half_a_word_is_a_mistake(arguments, words):
  with pytest.raises(errors.UsageError, match=words):
    joining.several(_options(*arguments))


@pytest.mark.parametrize(
  ('address', 'bound'),
  [
    ('127.0.0.1:80', '127.0.0.1:80'),
    ('localhost:80', 'localhost:80'),
    ('[::1]:80', '[::1]:80'),
    ('[fd00::2]:80', None),
    ('10.0.0.2:80', None),
    (None, None),
  ],
)
def test_listens_to_this_machine_alone_where_that_is_all(address, bound):
  assert joining._bound(address) == bound


_CHILD = """
import argparse, os, signal, sys, time
from distill_jax.cli import supervising
supervising.supervise(argparse.Namespace(restarts={restarts}))
{work}
"""


def _supervised(work, tmp_path, restarts=0):
  """Starts a process whose child does some work."""
  script = tmp_path / 'work.py'
  script.write_text(_CHILD.format(restarts=restarts, work=work))
  return subprocess.Popen(
    [sys.executable, script],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
  )


@pytest.mark.parametrize(
  ('work', 'status', 'words'),
  [
    ('sys.exit(3)', 3, ''),
    ('os.abort()', os.EX_TEMPFAIL, 'jax has ended this process'),
    ('os.kill(os.getpid(), 9)', 137, 'ended by SIGKILL'),
  ],
)
def test_the_parent_leaves_as_its_child_did(work, status, words, tmp_path):
  parent = _supervised(work, tmp_path)
  _, said = parent.communicate(timeout=60)
  assert parent.returncode == status
  assert words in said


def test_starts_again_where_that_may_help(tmp_path):
  note = tmp_path / 'note'
  work = f"""
with open({str(note)!r}, 'a') as file:
  print('started', file=file)
sys.exit(0 if len(open({str(note)!r}).readlines()) == 2 else 75)
"""
  parent = _supervised(work, tmp_path, restarts=3)
  _, said = parent.communicate(timeout=60)
  assert parent.returncode == 0
  assert 'Starting again; 2 times left' in said
  assert note.read_text() == 'started\n' * 2


def test_a_signal_reaches_the_child_and_nothing_starts_again(tmp_path):
  work = """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
print('ready', flush=True)
time.sleep(60)
"""
  parent = _supervised(work, tmp_path, restarts=3)
  assert parent.stdout.readline() == 'ready\n'
  parent.send_signal(signal.SIGTERM)
  _, said = parent.communicate(timeout=30)
  assert parent.returncode == 143
  assert 'Starting again' not in said


@proc.needed
def test_the_child_does_not_outlive_its_parent(tmp_path):
  work = 'print(os.getpid(), flush=True); time.sleep(60)'
  parent = _supervised(work, tmp_path)
  child = int(parent.stdout.readline())
  parent.kill()
  parent.communicate()
  proc.until(lambda: not proc.lives(child))


_IMPATIENT = """
from distill_jax import train
from distill_jax.cli import joining
joining._JOINING = 3
train.main()
"""


def _train(tmp_path, *arguments):
  return subprocess.run(
    [
      *(sys.executable, '-c', _IMPATIENT, '--gin_file=dss_tiny.gin'),
      *(f'--gin.MODEL_DIR={tmp_path}', *arguments),
    ],
    capture_output=True,
    text=True,
    check=False,
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
  )


def _listening(host='127.0.0.1'):
  family = socket.AF_INET6 if ':' in host else socket.AF_INET
  return socket.create_server((host, 0), family=family)


def _has_ipv6():
  try:
    _listening('::1').close()
  except OSError:
    return False
  return True


@pytest.mark.parametrize('index', [0, 1])
def test_who_is_waited_for_in_vain_never_came(index, tmp_path):
  with _listening() as found:
    address = f'127.0.0.1:{found.getsockname()[1]}'
  ended = _train(
    tmp_path,
    *(f'--coordinator_address={address}', '--process_count=2'),
    f'--process_index={index}',
  )
  assert ended.returncode == os.EX_TEMPFAIL, ended.stderr
  words = f'Process {index} of 2 waits for the others at {address}, 3 seconds'
  assert words in ended.stderr
  assert 'another one was lost or never came' in ended.stderr.splitlines()[-1]


_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason='needs IPv6')


@pytest.mark.parametrize(
  ('taken', 'host'),
  [
    ('127.0.0.1', '127.0.0.1'),
    ('127.0.0.1', '127.0.0.2'),
    pytest.param('::1', '[::1]', marks=_ipv6),
    pytest.param('::1', '[fd00::2]', marks=_ipv6),
  ],
)
def test_a_port_that_is_taken_is_one_sentence(taken, host, tmp_path):
  with _listening(taken) as found:
    address = f'{host}:{found.getsockname()[1]}'
    ended = _train(
      tmp_path,
      *(f'--coordinator_address={address}', '--process_count=2'),
      '--process_index=0',
    )
  assert ended.returncode == 2, ended.stderr
  said = ended.stderr.splitlines()[-1]
  assert f'{address}: the first process cannot listen there (Address' in said
  assert 'Traceback' not in ended.stderr


def test_a_machine_that_knows_no_company_is_one_sentence(tmp_path):
  ended = _train(tmp_path, '--distributed')
  assert ended.returncode == 2, ended.stderr
  assert 'This process waits for the others, 3 seconds' in ended.stderr
  assert 'does not say which processes' in ended.stderr.splitlines()[-1]
  assert 'Traceback' not in ended.stderr
