"""The adapter against a server that speaks the documented interface."""

import json
import socket
import time

import pytest

from distill_jax.retrieval import open_search, retriever
from tests.retrieval import conftest

_FAILED = {**conftest.SHARDS, 'failed': 1}

_MISSING = {
  'error': {
    'root_cause': [
      {
        'type': 'index_not_found_exception',
        'reason': 'no such index [facts]',
        'index': 'facts',
      }
    ],
    'type': 'index_not_found_exception',
    'reason': 'no such index [facts]',
  },
  'status': 404,
}
_DENIED = {
  'error': {
    'root_cause': [
      {'type': 'security_exception', 'reason': 'missing credentials'}
    ],
    'type': 'security_exception',
    'reason': 'missing credentials',
  },
  'status': 401,
}


def _engine(server, **settings):
  return open_search.OpenSearch(
    **{'url': server.url, 'index': 'facts', **settings}
  )


def _hit(id, text, score):
  return retriever.Hit(id=id, text=text, score=score)


def test_search(server):
  found = _engine(server).search(['ice water', 'boils', 'nothing', ''], 5)
  assert found == [
    [_hit('1', 'ice floats on water', 2.0), _hit('2', 'water boils', 1.0)],
    [_hit('2', 'water boils', 1.0)],
    [],
    [],
  ]
  path, headers, _ = server.asked[0]
  assert path == '/facts/_msearch'
  assert headers['Content-Type'] == 'application/x-ndjson'
  assert 'Authorization' not in headers


def test_size_field_and_batches(server):
  engine = _engine(server, field='title', batch_size=2)
  found = engine.search(['Ice', 'Steam', 'Steam Ice'], 1)
  assert [[hit.text for hit in hits] for hits in found] == [
    ['Ice'],
    ['Steam'],
    ['Ice'],
  ]
  assert [body.count(b'\n') for _, _, body in server.asked] == [4, 2]
  assert engine.search([], 1) == []
  assert len(server.asked) == 2


def test_a_name_of_an_index_cannot_leave_its_place(server):
  _engine(server, index='a/b?c').search(['x'], 1)
  assert server.asked[0][0] == '/a%2Fb%3Fc/_msearch'


def test_a_line_break_in_a_query_breaks_no_line(server):
  assert len(_engine(server).search(['ice\nwater\u2028', 'boils'], 1)) == 2


def test_the_header_comes_from_the_environment(server, monkeypatch, capsys):
  monkeypatch.setenv('SEARCH_KEY', 'ApiKey c2VjcmV0')
  engine = _engine(server, authorization='SEARCH_KEY')
  engine.search(['x'], 1)
  assert server.asked[0][1]['Authorization'] == 'ApiKey c2VjcmV0'
  server.reply = lambda body: (401, _DENIED)
  with pytest.raises(ConnectionError) as caught:
    engine.search(['x'], 1)
  said = f'{caught.value} {engine} {engine.describe()} {capsys.readouterr()}'
  assert 'HTTP 401 Unauthorized, missing credentials' in said
  assert 'c2VjcmV0' not in said


def test_a_header_that_is_not_set(server, monkeypatch):
  monkeypatch.delenv('SEARCH_KEY', raising=False)
  with pytest.raises(ValueError, match="'SEARCH_KEY', expected an environment"):
    _engine(server, authorization='SEARCH_KEY').search(['x'], 1)
  assert not server.asked


@pytest.mark.parametrize(
  ('status', 'answer', 'error', 'sentence'),
  [
    (200, {'responses': [_MISSING]}, ValueError, r'404, no such index \[facts'),
    (404, _MISSING, ConnectionError, r'HTTP 404 Not Found, no such index \[f'),
    (503, b'<html>', ConnectionError, 'HTTP 503 Service Unavailable; correct'),
    (302, b'', ConnectionError, 'HTTP 302 Found'),
    (200, b'<html>', ConnectionError, 'no answer in JSON within 60 s'),
    (200, b'[]', ConnectionError, 'no 1 responses, expected one for each'),
    (200, {'responses': []}, ConnectionError, 'no 1 responses'),
    (
      200,
      {'responses': [conftest.answer(timed_out=True)]},
      ConnectionError,
      'only a part of the index was searched',
    ),
    (
      200,
      {
        'responses': [conftest.answer(_shards={**conftest.SHARDS, 'failed': 1})]
      },
      ConnectionError,
      'only a part of the index was searched',
    ),
    (
      200,
      {'responses': [conftest.answer(('7', 1.0, {}))]},
      ValueError,
      "the document '7' has no text in 'text'; name its field",
    ),
    (
      200,
      {'responses': [conftest.answer(('7', 1.0, {'text': ' '}))]},
      ValueError,
      "the document '7' has no text in 'text'; name its field",
    ),
  ],
)
def test_answers_that_cannot_be_used(server, status, answer, error, sentence):
  server.reply = lambda body: (status, answer)
  with pytest.raises(error, match=sentence):
    _engine(server).search(['x'], 1)


def test_a_server_that_is_late(server):
  def late(body):
    time.sleep(1)
    return conftest.search(body)

  server.reply = late
  with pytest.raises(ConnectionError, match=r'within 0.2 s \(timed out\)'):
    _engine(server, timeout=0.2).search(['x'], 1)


def test_a_server_that_is_not_there():
  with socket.socket() as free:
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]
  engine = open_search.OpenSearch(url=f'http://127.0.0.1:{port}', index='facts')
  with pytest.raises(ConnectionError, match='Connection refused'):
    engine.search(['x'], 1)


@pytest.mark.parametrize(
  ('settings', 'sentence'),
  [
    (
      {'url': 'http://me:secret@host:9200'},
      'a user or password for host',
    ),
    ({'url': 'localhost:9200'}, "expected one such as 'https://localhost:9200"),
    ({'url': 'file:///etc/passwd'}, 'expected one such as'),
  ],
)
def test_places_that_are_refused(server, settings, sentence):
  with pytest.raises(ValueError, match=sentence) as caught:
    _engine(server, **settings).describe()
  assert 'secret' not in str(caught.value)


@pytest.mark.parametrize('settings', [{'batch_size': 0}, {'timeout': 0.0}])
def test_settings_out_of_range(server, settings):
  with pytest.raises(ValueError, match='expected at least 1 and more than 0'):
    _engine(server, **settings)


def test_k_below_one(server):
  with pytest.raises(ValueError, match='k is 0, expected at least 1'):
    _engine(server).search(['x'], 0)


def test_facts_leave_out_what_decides_no_hit(server):
  one = open_search.OpenSearch(url=server.url, index='facts', timeout=1.0)
  other = open_search.OpenSearch(url=server.url, index='facts', field='body')
  assert one.facts == {'url': server.url, 'index': 'facts', 'field': 'text'}
  assert other.facts == {**one.facts, 'field': 'body'}


def test_ids_that_no_document_has(server):
  engine = _engine(server, batch_size=2)
  assert engine.lacking({'1', '2', '7', 'x'}) == {'7', 'x'}
  assert [path for path, _, _ in server.asked] == [
    '/facts/_mget?_source=false'
  ] * 2
  assert server.asked[0][1]['Content-Type'] == 'application/json'
  assert engine.lacking(()) == set()
  assert len(server.asked) == 2


@pytest.mark.parametrize(
  ('answer', 'sentence'),
  [
    ({'docs': [{'_id': '1', **_MISSING}]}, 'refused, no such index'),
    ({'docs': []}, r'_mget: the answer has no 1 docs, expected one'),
    ([], 'the answer has no 1 docs'),
  ],
)
def test_ids_that_cannot_be_looked_up(server, answer, sentence):
  server.get = lambda body: (200, json.dumps(answer).encode())
  with pytest.raises(ConnectionError, match=sentence):
    _engine(server).lacking({'1'})
