"""An OpenSearch or Elasticsearch server, for a corpus too large for a machine.

The server's own analyser makes words of passages and queries, and its own k1
and b hold: set them in the mapping of the index. One `_msearch` carries a batch
of queries, one `_mget` a batch of ids (docs.opensearch.org, "Multi-search API"
and "Multi-get documents").
"""

import dataclasses
import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection, Sequence
from typing import Any

from distill_jax.retrieval import retriever


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenSearch:
  """Search in an index that a server holds.

  Attributes:
    url: of the server, 'https://localhost:9200', without a password.
    index: its name.
    field: of a document, which is searched and whose text the passage gets.
    authorization: name of an environment variable with the value of the HTTP
      header `Authorization`, such as 'Basic ...' or 'ApiKey ...'; None to send
      no such header. The value is neither kept nor shown.
    timeout: seconds that one request may take.
    batch_size: queries, or ids, in one request.
  """

  url: str
  index: str
  field: str = 'text'
  authorization: str | None = None
  timeout: float = 60.0
  batch_size: int = 100

  def __post_init__(self):
    if self.batch_size < 1 or not self.timeout > 0:
      raise ValueError(
        f'OpenSearch.batch_size is {self.batch_size} and timeout '
        f'{self.timeout}, expected at least 1 and more than 0.'
      )

  def search(self, queries: Sequence[str], k: int) -> list[list[retriever.Hit]]:
    """The best k passages of each query; see `retriever.Retriever`.

    Raises:
      ValueError: a setting is wrong, or the server refuses a query.
      ConnectionError: the server cannot be reached in time, or fails.
    """
    if k < 1:
      raise ValueError(f'search: k is {k}, expected at least 1.')
    self._check()
    found = []
    for start in range(0, len(queries), self.batch_size):
      found += self._batch(queries[start : start + self.batch_size], k)
    return found

  def lacking(self, ids: Collection[str]) -> set[str]:
    """Those of some ids that no passage has; see `retriever.Retriever`."""
    self._check()
    asked, found = sorted(ids), set()
    for start in range(0, len(asked), self.batch_size):
      found |= self._there(asked[start : start + self.batch_size])
    return set(asked) - found

  def describe(self) -> str:
    """What would be searched; see `retriever.Retriever`."""
    if not self.url.startswith('<'):  # a macro that waits for a value
      self._check()
    return f'the index {self.index} of {self.url}'

  @property
  def facts(self) -> dict[str, Any]:
    """What decides its hits; see `retriever.Retriever`.

    What the server's index holds is not seen: name another index for other
    passages.
    """
    return {'url': self.url, 'index': self.index, 'field': self.field}

  def _check(self) -> None:
    """Refuses settings by which nothing could be asked."""
    parts = urllib.parse.urlsplit(self.url)
    if parts.username or parts.password:
      raise ValueError(
        f'OpenSearch.url holds a user or password for {parts.hostname}, '
        'expected none, since it would be shown; name an environment variable '
        'by OpenSearch.authorization.'
      )
    if parts.scheme not in ('http', 'https') or not parts.hostname:
      raise ValueError(
        f'OpenSearch.url is {self.url!r}, expected one such as '
        "'https://localhost:9200'."
      )
    self._header()

  def _place(self, action: str = '_msearch') -> str:
    name = urllib.parse.quote(self.index, safe='')
    return f'{self.url.rstrip("/")}/{name}/{action}'

  def _header(self) -> dict[str, str]:
    if self.authorization is None:
      return {}
    value = os.environ.get(self.authorization)
    if not value:
      raise ValueError(
        f'OpenSearch.authorization is {self.authorization!r}, expected an '
        'environment variable with the value of the header Authorization; set '
        'it.'
      )
    return {'Authorization': value}

  def _batch(self, queries: Sequence[str], k: int) -> list[list[retriever.Hit]]:
    lines = []
    for query in queries:
      asked = {'match': {self.field: {'query': query}}}
      body = {'query': asked, 'size': k, '_source': [self.field]}
      lines += ['{}', json.dumps(body)]
    answer = self._post('_msearch', '\n'.join(lines).encode() + b'\n')
    responses = answer.get('responses') if isinstance(answer, dict) else None
    if not isinstance(responses, list) or len(responses) != len(queries):
      raise ConnectionError(
        f'{self._place()}: the answer has no {len(queries)} responses, '
        'expected one for each query; is this an OpenSearch or Elasticsearch '
        'server?'
      )
    return [self._hits(response) for response in responses]

  def _there(self, ids: Sequence[str]) -> set[str]:
    answer = self._post(
      '_mget?_source=false', json.dumps({'ids': ids}).encode()
    )
    documents = answer.get('docs') if isinstance(answer, dict) else None
    if not isinstance(documents, list) or len(documents) != len(ids):
      raise ConnectionError(
        f'{self._place("_mget")}: the answer has no {len(ids)} docs, expected '
        'one for each id; is this an OpenSearch or Elasticsearch server?'
      )
    for one in documents:
      if 'error' in one:
        raise ConnectionError(
          f'{self._place("_mget")}: a document was refused{_reason(one)}; '
          'correct the index, or mend the server.'
        )
    return {one['_id'] for one in documents if one.get('found')}

  def _post(self, action: str, data: bytes) -> Any:
    kind = 'x-ndjson' if action == '_msearch' else 'json'
    headers = {'Content-Type': f'application/{kind}', **self._header()}
    place = self._place(action)
    request = urllib.request.Request(
      place, data=data, headers=headers, method='POST'
    )
    try:
      with _OPENER.open(request, timeout=self.timeout) as answer:
        return json.loads(answer.read())
    except urllib.error.HTTPError as error:
      with error:
        reason = _reason(_decoded(error.read()))
      raise ConnectionError(
        f'{place}: HTTP {error.code} {error.reason}{reason}; correct '
        'url, index or authorization, or mend the server.'
      ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
      raise ConnectionError(
        f'{place}: no answer in JSON within {self.timeout:g} s '
        f'({getattr(error, "reason", error)}); start the server, correct the '
        'url, or raise OpenSearch.timeout.'
      ) from error

  def _hits(self, response: Any) -> list[retriever.Hit]:
    if 'error' in response:
      raise ValueError(
        f'{self._place()}: a query was refused, status '
        f'{response.get("status")}{_reason(response)}; correct the index, its '
        'mapping, or the query.'
      )
    if response.get('timed_out') or response.get('_shards', {}).get('failed'):
      raise ConnectionError(
        f'{self._place()}: only a part of the index was searched, expected all '
        'of it; mend the server or take smaller batches.'
      )
    return [self._hit(found) for found in response['hits']['hits']]

  def _hit(self, found: dict[str, Any]) -> retriever.Hit:
    text = found.get('_source', {}).get(self.field)
    if not isinstance(text, str) or not text.strip():
      raise ValueError(
        f'{self._place()}: the document {found["_id"]!r} has no text in '
        f'{self.field!r}; name its field by OpenSearch.field.'
      )
    return retriever.Hit(id=found['_id'], text=text, score=found['_score'])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
  """Follows nothing: the header would go along, to whichever server."""

  def redirect_request(self, *arguments) -> None:
    """Returns None, by which a redirection becomes an error."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def _decoded(data: bytes) -> Any:
  try:
    return json.loads(data)
  except ValueError:
    return None


def _reason(answer: Any) -> str:
  """What the server says of an error: ', no such index [facts]'."""
  error = answer.get('error') if isinstance(answer, dict) else None
  if isinstance(error, dict):
    causes = error.get('root_cause') or [error]
    error = causes[0].get('reason') or error.get('type')
  return f', {error}' if isinstance(error, str) else ''
