"""Ways that take turns, and what is said of them."""

import argparse
import json

import pytest

from benchmarks import machine, report, timing


def test_ways_take_turns_after_a_round_that_does_not_count():
  calls = []
  ways = {name: lambda name=name: calls.append(name) for name in 'ab'}
  seconds = timing.alternate(ways, rounds=2)
  assert calls == list('ababab')
  assert {name: len(taken) for name, taken in seconds.items()} == {
    'a': 2,
    'b': 2,
  }


def test_a_missing_way_is_left_out_with_its_reason(capsys):
  ways = {'here': lambda: None, 'away': timing.missing('there is no compiler')}
  assert list(timing.alternate(ways, rounds=1)) == ['here']
  assert 'away is left out: there is no compiler.' in capsys.readouterr().out


def test_ratios_are_of_rounds():
  found = timing.ratios({'ours': [1.0, 2.0, 4.0], 'other': [3.0, 2.0, 8.0]})
  assert found['other'] == {'median': 2.0, 'lowest': 1.0, 'highest': 3.0}
  assert found['ours']['median'] == pytest.approx(1.0)


def test_a_report_is_a_file_that_names_the_machine(tmp_path, capsys):
  path = tmp_path / 'new' / 'figures.json'
  options = argparse.Namespace(rounds=3, json=path)
  written = report.Report(options)
  written.add('a step', {'ours': [1.0], 'torch': [2.0]}, GFLOP=3)
  written.rows('rates', [{'way': 'ours', 'rows a second': 12.5}])
  figures = json.loads(path.read_text())
  assert figures['settings'] == {'rounds': 3}
  assert figures['machine']['cores'] == machine.facts()['cores']
  first, second = figures['cases']
  assert first['ratios']['torch']['median'] == 2.0
  assert first['facts'] == {'GFLOP': 3}
  assert second['rows'] == [{'way': 'ours', 'rows a second': 12.5}]
  assert 'a step' in capsys.readouterr().out
