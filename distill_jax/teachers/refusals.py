"""From the status of a reply that is no completion to what to do about it."""

import datetime
import email.utils
import json
from collections.abc import Mapping
from typing import Any

from distill_jax.teachers import faults

_AGAIN = (408, 409, 425, 429)
_THIS_ONE = (400, 413, 422)  # another request may fare better
_NO_CREDIT = ('insufficient_quota', 'billing_hard_limit_reached')
_PATIENCE = 900.0  # seconds that are waited for when an endpoint asks for it
_LONGEST = 300  # characters of the endpoint's own words
_MENDS = {
  401: 'check the key',
  402: 'add credit there',
  403: 'check what the key may do',
  404: 'check URL and MODEL',
}


def fault(status: int, headers: Mapping[str, str], content: bytes) -> Exception:
  """The fault that a status means.

  Args:
    status: of the reply, 300 or more.
    headers: of the reply; Retry-After is honoured.
    content: its body.
  """
  said, code = _said(content)
  sentence = f'status {status}{said and ": "}{said}'
  if code in _NO_CREDIT:
    return faults.Unusable(f'{sentence}; add credit there')
  if status in _AGAIN or status >= 500:
    wait = _wait(headers)
    if wait is not None and wait > _PATIENCE:
      return faults.Unusable(f'{sentence}; it asks to wait {wait:,.0f} s')
    return faults.Passing(sentence, wait=wait, busy=status == 429)
  if status in _THIS_ONE:
    return faults.Refused(sentence)
  mend = _MENDS.get(status)
  return faults.Unusable(f'{sentence}{mend and "; "}{mend or ""}')


def _said(content: bytes) -> tuple[str, str | None]:
  """What a body says of the fault, and its code."""
  try:
    data = json.loads(content)
  except ValueError:
    data = None
  error = data.get('error', data) if isinstance(data, dict) else data
  if not isinstance(error, dict):
    return _short(error) if isinstance(error, str) else '', None
  said = error.get('message') or error.get('detail') or ''
  code = error.get('code') or error.get('type')
  return _short(said), code if isinstance(code, str) else None


def _short(said: Any) -> str:
  text = ' '.join(str(said).split())
  return text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'


def _wait(headers: Mapping[str, str]) -> float | None:
  """Seconds until another try, as the endpoint asks for them."""
  try:
    return max(0.0, float(headers['retry-after-ms']) / 1000)
  except (KeyError, ValueError):
    pass
  asked = headers.get('retry-after', '')
  try:
    return max(0.0, float(asked))
  except ValueError:
    pass
  try:
    until = email.utils.parsedate_to_datetime(asked)
  except ValueError:
    return None
  now = datetime.datetime.now(until.tzinfo or datetime.UTC)
  return max(0.0, (until - now).total_seconds()) if until.tzinfo else None
