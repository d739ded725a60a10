"""Bytes that a program sends, counted in its text."""

from benchmarks import communication

_TEXT = """
  %a = f32[8,16]{1,0} all-reduce(%x), replica_groups={{0,1}}
  %b = (f32[4]{0}, bf16[2,3]{1,0}) all-reduce(%x, %y), channel_id=1
  %c = f32[10]{0} all-gather(%z), dimensions={0}
  %d = f32[99]{0} add(%a, %all-reduce.7)
  %e = (f32[5]{0}, f32[10]{0}) get-tuple-element(%c), index=0
  %f = f32[] all-reduce(%s)
"""


def test_each_result_counts_once():
  found = communication.counted(_TEXT)
  assert found == {
    'all-reduce': 8 * 16 * 4 + 4 * 4 + 2 * 3 * 2 + 4,
    'all-gather': 40,
  }
