"""Ways that take turns, and what is said of them."""

import argparse
import json

import pytest

from benchmarks import machine, report, timing


def test_ways_take_turns_of_two_calls_after_a_round_that_does_not_count():
  calls = []
  ways = {name: lambda name=name: calls.append(name) for name in 'ab'}
  seconds = timing.alternate(ways, rounds=2)
  assert calls == list('aabb' * 3)
  assert {name: len(taken) for name, taken in seconds.items()} == {
    'a': 2,
    'b': 2,
  }


def test_the_second_call_of_a_turn_counts(monkeypatch):
  clock = [0.0]
  calls = []

  def way() -> None:
    calls.append(1)
    clock[0] += 1.0 if len(calls) % 2 == 0 else 100.0

  monkeypatch.setattr(timing.time, 'perf_counter', lambda: clock[0])
  assert timing.alternate({'way': way}, rounds=3) == {'way': [1.0] * 3}


def test_a_missing_way_is_left_out_with_its_reason(capsys):
  ways = {'here': lambda: None, 'away': timing.missing('there is no compiler')}
  assert list(timing.alternate(ways, rounds=1)) == ['here']
  assert 'away is left out: there is no compiler.' in capsys.readouterr().out


def test_a_way_without_memory_is_left_out_and_the_others_go_on(capsys):
  full = RuntimeError('RESOURCE_EXHAUSTED: 9 GB\nare not there')
  calls = []

  def second_time() -> None:
    calls.append(1)
    if len(calls) > 1:
      raise full

  ways = {'small': lambda: None, 'large': second_time}
  assert list(timing.alternate(ways, rounds=2)) == ['small']
  said = capsys.readouterr().out
  assert 'large is left out' in said
  assert 'are not there' not in said


def test_another_error_is_raised():
  def broken() -> None:
    raise RuntimeError('shapes differ')

  with pytest.raises(RuntimeError, match='shapes differ'):
    timing.alternate({'broken': broken}, rounds=1)


def test_an_error_without_a_word():
  assert timing.short(ValueError()) == 'ValueError: '


@pytest.mark.parametrize('rounds', ['0', '-1', 'many'])
def test_no_rounds_are_refused(rounds, capsys):
  with pytest.raises(SystemExit):
    report.parser('A command.', 'name').parse_args([f'--rounds={rounds}'])
  assert 'expected at least 1' in capsys.readouterr().err


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
