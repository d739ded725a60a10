"""A server that speaks the documented interface of `_msearch` and `_mget`.

Requests and answers have the form of the "Multi-search API" and "Multi-get
documents" of OpenSearch 2, and of the "Multi search API" and "Multi get API" of
Elasticsearch 8.
"""

import http.server
import json
import re
import threading

import pytest

SHARDS = {'total': 1, 'successful': 1, 'skipped': 0, 'failed': 0}


def answer(*documents, **more):
  """One of the `responses` of an `_msearch`."""
  found = [
    {'_index': 'facts', '_id': id, '_score': score, '_source': source}
    for id, score, source in documents
  ]
  return {
    'took': 1,
    'timed_out': False,
    '_shards': SHARDS,
    'hits': {
      'total': {'value': len(found), 'relation': 'eq'},
      'max_score': max((d[1] for d in documents), default=None),
      'hits': found,
    },
    'status': 200,
    **more,
  }


_DOCUMENTS = [
  ('1', {'text': 'ice floats on water', 'title': 'Ice'}),
  ('2', {'text': 'water boils', 'title': 'Steam'}),
]


class _Handler(http.server.BaseHTTPRequestHandler):
  """Finds documents by shared words, or does as the test says."""

  def do_POST(self):
    body = self.rfile.read(int(self.headers['Content-Length']))
    self.server.asked.append((self.path, dict(self.headers), body))
    searched = self.path.endswith('/_msearch')
    status, data = (self.server.reply if searched else self.server.get)(body)
    if isinstance(data, dict):
      data = json.dumps({'took': 3, **data}).encode()
    self.send_response(status)
    if status == 302:
      self.send_header('Location', 'http://127.0.0.1:9/')
    self.send_header('Content-Type', 'application/json; charset=UTF-8')
    self.send_header('Content-Length', str(len(data)))
    self.end_headers()
    self.wfile.write(data)

  def log_message(self, *arguments):
    pass


def search(body):
  """What a server with the two documents answers."""
  assert body.endswith(b'\n')
  lines = [json.loads(line) for line in body.decode().splitlines()]
  responses = []
  for header, asked in zip(lines[::2], lines[1::2], strict=True):
    assert header == {}
    (field,) = asked['query']['match']
    words = set(re.findall(r'\w+', asked['query']['match'][field]['query']))
    scored = [
      (id, float(len(words & set(source[field].split()))), source)
      for id, source in _DOCUMENTS
    ]
    best = sorted((d for d in scored if d[1]), key=lambda d: -d[1])
    responses.append(
      answer(
        *(
          (id, score, {name: source[name] for name in asked['_source']})
          for id, score, source in best[: asked['size']]
        )
      )
    )
  return 200, {'responses': responses}


def get(body):
  """What such a server answers to `_mget`."""
  there = {id for id, _ in _DOCUMENTS}
  documents = [
    {'_index': 'facts', '_id': id, '_version': 1, 'found': True}
    if id in there
    else {'_index': 'facts', '_id': id, 'found': False}
    for id in json.loads(body)['ids']
  ]
  return 200, {'docs': documents}


@pytest.fixture
def server():
  made = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
  made.asked, made.reply, made.get = [], search, get
  made.url = f'http://127.0.0.1:{made.server_port}'
  threading.Thread(target=made.serve_forever, daemon=True).start()
  yield made
  made.shutdown()
  made.server_close()
