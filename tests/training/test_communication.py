"""Bytes that devices send, counted in the text of a program."""

import json

import pytest

from distill_jax.training import communication
from tests import fake_devices
from tests.training import exchanging

_TEXT = """HloModule step, num_partitions=4

ENTRY %main (x: f32[8,16]) -> f32[99] {
  %a = f32[8,16]{1,0} all-reduce(%x), replica_groups={{0,1},{2,3}}
  %b = (f32[4]{0}, bf16[2,3]{1,0}) all-reduce(%x, %y), channel_id=1
  %c = f32[10]{0:T(8,128)S(1)} all-gather(%z), replica_groups=[2,2]<=[4]
  %d = f32[99]{0} add(%a, %all-reduce.7)
  %e = (f32[5]{0}, f32[10]{0}) get-tuple-element(%c), index=0
  ROOT %f = f32[] all-reduce(%s), replica_groups={}
}
"""


def _program(*lines: str, devices: int = 8) -> str:
  """A program whose computations follow its entry."""
  entry, *others = lines
  called = '\n'.join(
    f'%{other.partition(":")[0]} (x: f32[]) -> f32[] {{\n'
    f'  ROOT %r = {other.partition(":")[2].strip()}\n}}\n'
    for other in others
  )
  return (
    f'HloModule step, num_partitions={devices}\n\n{called}\n'
    f'ENTRY %main (x: f32[]) -> f32[] {{\n  ROOT %r = {entry}\n}}\n'
  )


def test_each_result_counts_once():
  found = communication.counted(_TEXT)
  assert communication.results(found) == {
    'all-reduce': 8 * 16 * 4 + 4 * 4 + 2 * 3 * 2 + 4,
    'all-gather': 40,
  }


def test_a_device_sends_by_the_size_of_its_group():
  found = communication.counted(_TEXT)
  # Pairs send a half and get one; of four, each part goes round three times.
  halves, quarters = 8 * 16 * 4 // 2, (4 * 4 + 2 * 3 * 2) * 3 // 4 + 3
  assert communication.sent(found) == {
    'all-reduce': 2 * halves + 2 * quarters,
    'all-gather': 20,
  }


@pytest.mark.parametrize(
  ('line', 'kind', 'result', 'sent'),
  [
    ('f32[6]{0} reduce-scatter(%x)', 'reduce-scatter', 24, 24 * 7),
    ('bf16[64]{0} all-to-all(%x)', 'all-to-all', 128, 112),
    ('u8[9]{0} collective-permute(%x)', 'collective-permute', 9, 9),
    ('(f32[2], f32[16]) all-gather-start(%x)', 'all-gather', 64, 56),
    (
      '((f32[2], s8[1]), (f32[16], s8[8])) all-gather-start(%x, %y)',
      *('all-gather', 72, 63),
    ),
    ('(f32[4], f32[8]) all-reduce-start(%x, %y)', 'all-reduce', 48, 84),
    (
      '(f32[3], f32[3], u32[], u32[]) collective-permute-start(%x)',
      *('collective-permute', 12, 12),
    ),
    (
      "f32[4] all-reduce(%x), replica_groups=mesh['a'=4,'b'=2] {'b'}",
      *('all-reduce', 16, 16),
    ),
    (
      "f32[4] all-gather(%x), replica_groups=@mesh['a'=8] {'a':(2)4}",
      *('all-gather', 16, 12),
    ),
    ('f32[4] all-reduce(%x), replica_groups={{0},{1}}', 'all-reduce', 16, 0),
  ],
)
def test_kinds_and_groups(line, kind, result, sent):
  (found,) = communication.counted(_program(line))
  assert (found.kind, found.result, found.sent) == (kind, result, sent)


def test_waiting_for_a_result_sends_nothing():
  assert not communication.counted(_program('f32[4] all-reduce-done(%x)'))


def test_a_loop_counts_by_its_turns_and_a_choice_by_its_larger_branch():
  known = 'backend_config={"known_trip_count":{"n":"%d"}}'
  text = _program(
    f'(f32[]) while(%x), condition=%no, body=%outer, {known % 6}',
    f'outer: f32[] while(%x), condition=%no, body=%chosen, {known % 7}',
    'chosen: f32[] conditional(%x), branch_computations={%small, %large}',
    'small: f32[2] all-reduce(%x)',
    'large: f32[2] call(%x), to_apply=%wrapped',
    'wrapped: f32[50] all-gather(%x)',
    'no: pred[] compare(%x, %y), direction=LT',
  )
  (found,) = communication.counted(text)
  assert (found.kind, found.times, found.result) == ('all-gather', 42, 200)


def test_a_loop_of_unknown_length_is_refused_where_it_sends():
  loop = 'f32[] while(%x), condition=%no, body=%body'
  assert not communication.counted(_program(loop, 'body: f32[] add(%x, %y)'))
  with pytest.raises(ValueError, match='how often it turns'):
    communication.counted(_program(loop, 'body: f32[2] all-reduce(%x)'))


@pytest.fixture(scope='module')
def report():
  """What `exchanging.py` counted on eight fake devices."""
  found = json.loads(fake_devices.printed('-m', 'tests.training.exchanging'))
  assert found['devices'] == 8
  return found


def test_a_compiled_loop_counts_by_hand(report):
  turns, inner = exchanging.TURNS, exchanging.INNER
  assert report['loop']['results'] == {
    'all-gather': turns * 8 * 16,  # 8 devices' vectors of 4
    'all-reduce': turns * inner * 16,
  }
  assert report['loop']['sent'] == {
    'all-gather': turns * 7 * 16,
    'all-reduce': turns * inner * 2 * 16 * 7 // 8,
  }


@pytest.mark.parametrize('mesh', ['(8, 1)', '(4, 2)'])
def test_scanned_layers_send_what_unrolled_ones_send(mesh, report):
  scanned, unrolled = report[f'{mesh} scanned'], report[f'{mesh} unrolled']
  squares = 4 * (unrolled['cut'] - scanned['cut'])  # bytes, between two devices
  assert squares == (4 * 36 if mesh == '(4, 2)' else 0)
  for kind in ('results', 'sent'):
    sums = scanned[kind]['all-reduce'] + squares
    assert {**scanned[kind], 'all-reduce': sums} == unrolled[kind]
  assert report[f'{mesh} scanned']['sent']['all-reduce'] > 0
