"""What each status means."""

import datetime
import email.utils
import json

import pytest

from distill_jax.teachers import faults, refusals


def _fault(status, headers=None, **error):
  content = json.dumps({'error': error}).encode() if error else b'<html>'
  return refusals.fault(status, headers or {}, content)


@pytest.mark.parametrize('status', [408, 409, 429, 500, 502, 503, 529])
def test_these_pass(status):
  fault = _fault(status, message='Slow down.')
  assert isinstance(fault, faults.Passing)
  assert str(fault) == f'status {status}: Slow down.'
  assert fault.wait is None


@pytest.mark.parametrize('status', [400, 413, 422])
def test_these_refuse_one_request(status):
  assert isinstance(_fault(status, message='Too long.'), faults.Refused)


@pytest.mark.parametrize(
  ('status', 'mend'),
  [(401, 'check the key'), (403, 'may do'), (404, 'check URL and MODEL')],
)
def test_these_end_everything(status, mend):
  fault = _fault(status)
  assert isinstance(fault, faults.Unusable)
  assert mend in str(fault)


def test_no_credit_does_not_pass():
  fault = _fault(429, message='Quota.', code='insufficient_quota')
  assert isinstance(fault, faults.Unusable)
  assert 'add credit' in str(fault)


def test_retry_after_is_read_in_every_form():
  now = datetime.datetime.now(datetime.UTC)
  until = email.utils.format_datetime(now + datetime.timedelta(seconds=30))
  assert _fault(429, {'retry-after': '7'}).wait == 7.0
  assert _fault(429, {'retry-after': '0.5'}).wait == 0.5
  assert _fault(429, {'retry-after-ms': '250'}).wait == 0.25
  assert 25 < _fault(503, {'retry-after': until}).wait <= 30
  assert _fault(429, {'retry-after': 'soon'}).wait is None
  assert _fault(429, {'retry-after': '-3'}).wait == 0.0
  assert _fault(429, {'retry-after': 'nan'}).wait in (None, 0.0)


def test_nobody_waits_for_hours():
  fault = _fault(429, {'retry-after': '86400'}, message='Daily limit.')
  assert isinstance(fault, faults.Unusable)
  assert 'Daily limit.' in str(fault)
  assert '86,400 s' in str(fault)


def test_long_words_are_cut():
  assert len(str(_fault(500, message='word ' * 1000))) < 400


@pytest.mark.parametrize(
  'content', [b'', b'null', b'[1]', b'"text"', b'{"detail": "x"}', b'\xff']
)
def test_any_body_is_a_fault(content):
  assert isinstance(refusals.fault(500, {}, content), faults.Passing)
