"""The key is in no file, no log and no error, whole or in part, as it is or
encoded."""

import base64
import contextlib
import os
import subprocess
import sys
import urllib.parse

import pytest

from tests.teachers import collecting, server

_KEY = 'sk-proj-Ab3/xYz+9=Qw~7Rt%Kl5&Mn2'  # looks different percent-encoded
_PART = 8  # characters that give something away

# Runs one after another, which give up soon; the last one crashes.
_SEVERAL = """
import os, sys, traceback
from distill_jax import collect
from distill_jax.teachers import asking, endpoint

made = asking.Asking.__post_init__

def quick(self):
  made(self)
  for name, value in {'attempts': 2, 'first_wait': 0.01}.items():
    object.__setattr__(self, name, value)

async def crash(self, request, wanted):
  headers = self._client.auth_headers
  raise LookupError('a mistake in the program')

asking.Asking.__post_init__ = quick
argv = sys.argv
for url in os.environ['URLS'].split() + ['crash']:
  if url == 'crash':
    endpoint._Session._ask = crash
    url = 'http://127.0.0.1:9/v1'
  sys.argv = [*argv, f'--gin.URL={url}']
  try:
    collect.main()
  except SystemExit as end:
    print('ended with', end.code)
  except LookupError:
    traceback.print_exc()
"""


def _forms():
  """What must not be found: every part of every form of the key."""
  bearer = f'Bearer {_KEY}'
  whole = [
    _KEY,
    urllib.parse.quote(_KEY),
    urllib.parse.quote(_KEY, safe=''),
    urllib.parse.quote_plus(_KEY),
    _KEY.encode().hex(),
    *(
      encode(text.encode()).decode().strip('=')
      for encode in (base64.b64encode, base64.urlsafe_b64encode)
      # A text's base64 depends on where in it the key begins.
      for text in (_KEY, ' ' + _KEY, '  ' + _KEY, bearer, f':{_KEY}')
    ),
  ]
  inner = [text[4:-4] for text in whole]
  return {
    text[first : first + _PART]
    for text in (*inner, _KEY)
    for first in range(len(text) - _PART + 1)
  }


_FORMS = _forms()


def _run(folder, url, program=('-m', 'distill_jax.collect'), **macros):
  """The status of a collection by a shell, and all that it said and wrote."""
  folder.mkdir(exist_ok=True)
  macros = {'LIMIT': 4, 'SAMPLES': 2, 'MAX_TOKENS': 64, **macros}
  arguments = collecting.command(url, folder / 'out', **macros)[3:]
  process = subprocess.run(
    [sys.executable, *program, *arguments],
    env={
      **os.environ,
      'HOME': str(folder),
      'TMPDIR': str(folder),
      'OPENAI_API_KEY': _KEY,
      'OPENAI_LOG': 'debug',
      'URLS': url,
    },
    capture_output=True,
    text=True,
  )
  files = [path for path in folder.rglob('*') if path.is_file()]
  written = b''.join(path.read_bytes() for path in files)
  said = process.stdout + process.stderr
  assert 'DEBUG:openai' in said or process.returncode  # the library's own log
  return process.returncode, said, said + written.decode('utf-8', 'replace')


def _assert_hidden(text):
  found = [form for form in _FORMS if form in text]
  assert not found, text[max(0, text.find(found[0]) - 200) :][:400]


def test_the_search_finds_keys():
  for text in (
    f'got {_KEY}',
    f'...{_KEY[:10]}',
    f'key={urllib.parse.quote_plus(_KEY)}',
    base64.b64encode(f'user:{_KEY}'.encode()).decode(),
  ):
    with pytest.raises(AssertionError):
      _assert_hidden(text)


@pytest.mark.parametrize('from_file', [False, True])
def test_a_run_that_succeeds(tmp_path, from_file):
  macros = {}
  if from_file:
    held = tmp_path / 'held'
    held.write_text(f'{_KEY}\n')
    macros = {'KEY_FILE': held}
  with server.serve(key=_KEY, script=('500', 'malformed')) as endpoint:
    status, said, everything = _run(tmp_path / 'run', endpoint.url, **macros)
    assert endpoint.count()['samples'] == 8
  assert status == 0, said
  _assert_hidden(everything)


def test_runs_that_fail(tmp_path):
  scripts = {
    'status 401': {'key': 'another'},
    'status 500': {'script': ('500', '500', 'page', 'page')},
    # Cut off where a message is too long, in the midst of the key.
    'cut off': {'script': ('500',) * 2, 'padding': 258},
    'replied with': {'script': ('error as success',) * 2, 'padding': 30},
  }
  with contextlib.ExitStack() as stack:
    urls = [
      stack.enter_context(server.serve(**options)).url
      for options in scripts.values()
    ]
    several = [urls[0], urls[1], urls[1], *urls[2:], 'http://127.0.0.1:9/v1']
    status, said, everything = _run(
      tmp_path,
      ' '.join(several),
      ('-c', _SEVERAL),
      LIMIT=1,
      SAMPLES=1,
      CONCURRENCY=1,
    )
  assert status == 0, said
  assert said.count('ended with 1') == len(several), said
  for words in (
    'status 401: Incorrect API key provided: <key>',
    'Something went wrong (Bearer <key>)',
    'text/html',
    '.Bearer <key>',
    'Overloaded',
    '127.0.0.1:9',
    'LookupError: a mistake in the program',
  ):
    assert words in said
  _assert_hidden(everything)


@pytest.mark.parametrize(
  'macros',
  [
    {'URL': f'http://127.0.0.1:9/v1?key={urllib.parse.quote_plus(_KEY)}'},
    {'KEY_VARIABLE': _KEY},
  ],
)
def test_a_key_in_the_wrong_place_is_not_written(tmp_path, macros):
  status, _, everything = _run(tmp_path, 'http://127.0.0.1:9/v1', **macros)
  assert status
  # The command is repeated up to the word that was wrong.
  ((name, value),) = macros.items()
  _assert_hidden(everything.replace(f'--gin.{name}={value}:', ''))
