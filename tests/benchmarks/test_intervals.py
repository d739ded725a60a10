"""Stretches of time, by hand."""

import pytest

from benchmarks import intervals


def test_a_device_begins_a_step_when_it_is_there_and_the_last_is_done():
  steps = [(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)]
  found = intervals.busy(steps)
  assert found == [(0.0, 2.0), (2.0, 3.0), (5.0, 6.0)]
  assert intervals.gaps(found) == [(3.0, 5.0)]
  assert intervals.length(found) == 4.0


def test_what_falls_into_a_gap():
  gaps = [(3.0, 5.0), (8.0, 9.0)]
  assert intervals.within(gaps, [(0.0, 4.0), (4.5, 8.25)]) == pytest.approx(
    1.0 + 0.5 + 0.25
  )
  assert intervals.within(gaps, [(5.0, 8.0)]) == 0.0


def test_what_lies_in_another_interval_counts_once():
  found = intervals.union([(4.0, 5.0), (0.0, 3.0), (1.0, 2.0), (2.5, 3.5)])
  assert found == [(0.0, 3.5), (4.0, 5.0)]
  assert intervals.union([]) == []
