"""Models by name, from a hub that stands on this machine."""

import hashlib
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import urllib.parse

import pytest

from distill_jax import hub

_COMMIT = '0123456789abcdef0123456789abcdef01234567'


class _Hub(http.server.BaseHTTPRequestHandler):
  """Speaks as much of the hub's interface as a download asks for."""

  protocol_version = 'HTTP/1.1'
  folder: pathlib.Path
  asked: list[str]

  def do_HEAD(self):
    self._answer(body=False)

  def do_GET(self):
    self._answer(body=True)

  def _answer(self, *, body: bool):
    path = urllib.parse.urlparse(self.path).path
    self.asked.append(path)
    if path.startswith('/api/models/owner/t5/revision/'):
      names = sorted(one.name for one in self.folder.iterdir())
      described = {
        'id': 'owner/t5',
        'sha': _COMMIT,
        'siblings': [{'rfilename': name} for name in names],
      }
      return self._send(json.dumps(described).encode(), {}, body)
    if path.startswith('/api/models/owner/t5/tree/'):
      files = [
        {'type': 'file', 'path': one.name, 'oid': '0', 'size': 1}
        for one in self.folder.iterdir()
      ]
      return self._send(json.dumps(files).encode(), {}, body)
    if path.startswith('/owner/t5/resolve/'):
      content = (self.folder / path.rpartition('/')[2]).read_bytes()
      digest = hashlib.sha256(content).hexdigest()
      heads = {'X-Repo-Commit': _COMMIT, 'ETag': f'"{digest}"'}
      return self._send(content, heads, body)
    self.send_response(404)
    self.send_header('X-Error-Code', 'RepoNotFound')
    self.send_header('Content-Length', '0')
    self.end_headers()

  def _send(self, content: bytes, heads: dict[str, str], body: bool):
    self.send_response(200)
    self.send_header('Content-Length', str(len(content)))
    for name, value in heads.items():
      self.send_header(name, value)
    self.end_headers()
    if body:
      self.wfile.write(content)

  def log_message(self, *_):
    pass


@pytest.fixture
def served(tmp_path):
  """A folder that is the model owner/t5, the hub's address, what was asked."""
  folder = tmp_path / 'served'
  folder.mkdir()
  names = ('config.json', 'model.safetensors', 'spiece.model', 'tf_model.h5')
  for name in names:
    (folder / name).write_text(f'the {name}')
  handler = type('Handler', (_Hub,), {'folder': folder, 'asked': []})
  server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
  threading.Thread(target=server.serve_forever, daemon=True).start()
  yield f'http://127.0.0.1:{server.server_port}', handler.asked
  server.shutdown()
  server.server_close()


def _in_a_process(code: str, endpoint: str, cache: pathlib.Path) -> str:
  """Runs code where the library reads its settings anew."""
  done = subprocess.run(
    [sys.executable, '-c', f'from distill_jax import hub\n{code}'],
    env={
      'PATH': '',
      'PYTHONPATH': ':'.join(filter(None, sys.path)),
      'HF_ENDPOINT': endpoint,
      'HF_HOME': str(cache),
      'HF_HUB_DISABLE_TELEMETRY': '1',
    },
    cwd=cache.parent,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout.strip()


_FETCH = """
folder = hub.local('owner/t5@main', ('config.json', '*.safetensors'))
print(folder, *sorted(path.name for path in folder.iterdir()))
"""
_ABSENT = """
try:
  hub.local('owner/absent', ('config.json',))
except ValueError as error:
  print(error)
"""


def test_what_is_needed_is_fetched_once(served, tmp_path):
  endpoint, asked = served
  cache = tmp_path / 'cache'
  folder, *names = _in_a_process(_FETCH, endpoint, cache).split()
  assert names == ['config.json', 'model.safetensors']
  assert folder.startswith(str(cache))
  content = pathlib.Path(folder, 'model.safetensors').read_text()
  assert content == 'the model.safetensors'
  # A second time without any hub: the cache has it.
  there = len(asked)
  again = _in_a_process(_FETCH, 'http://127.0.0.1:9', cache).split()
  assert [folder, *names] == again
  assert len(asked) == there


_WHOLE = """
from distill_jax.weights import hugging_face_models
folder = hugging_face_models.fetched('owner/t5')
print(*sorted(path.name for path in folder.iterdir()))
"""


def test_a_checkpoint_comes_with_its_tokenizer(served, tmp_path):
  names = _in_a_process(_WHOLE, served[0], tmp_path / 'cache').split()
  assert names == ['config.json', 'model.safetensors', 'spiece.model']


def test_what_the_hub_lacks_is_one_sentence(served, tmp_path):
  said = _in_a_process(_ABSENT, served[0], tmp_path / 'cache')
  assert said.startswith('owner/absent is no folder here, and the hub gave')
  assert 'give a folder that was downloaded' in said
  assert '\n' not in said


def test_without_a_network_the_sentence_is_the_same(tmp_path):
  said = _in_a_process(_ABSENT, 'http://127.0.0.1:9', tmp_path / 'cache')
  assert said.startswith('owner/absent is no folder here, and the hub gave')
  assert '\n' not in said


@pytest.mark.parametrize(
  ('text', 'named'),
  [
    ('google/flan-t5-base', True),
    ('google/flan-t5-base@v1.0', True),
    ('google/t5-v1_1-small@refs/pr/1', True),
    ('/google/flan-t5-base', False),
    ('./flan-t5-base', False),
    ('../google/flan', False),
    ('gs://bucket/flan', False),
    ('spiece.model', False),
    ('a/b/c', False),
    ('~/models/flan', False),
    ('google/', False),
  ],
)
def test_a_name_is_told_from_a_path(text, named, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  assert hub.is_name(text) == named


def test_what_is_here_is_a_path(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'google' / 'flan').mkdir(parents=True)
  assert not hub.is_name('google/flan')
  assert hub.local('google/flan', ()) == pathlib.Path('google/flan')
