"""The command that times a step, on the smallest network."""

import json
import sys

import pytest

from benchmarks import batches, train_step

ARGV = ['--model=t5_tiny', '--batch=2', '--rounds=1', '--dropout=0']


def _run(monkeypatch, *argv):
  monkeypatch.setattr(sys, 'argv', ['train_step', *ARGV, *argv])
  train_step.main()


@pytest.mark.slow
def test_all_ways_are_timed_and_the_rate_is_that_of_the_products(
  monkeypatch, tmp_path
):
  pytest.importorskip('transformers')
  path = tmp_path / 'figures.json'
  ways = ('--ways', 'ours', 'floor', 'eager')
  rate = '--peak_tflops=2'
  _run(monkeypatch, '--method=finetune', rate, f'--json={path}', *ways)
  figures = json.loads(path.read_text())
  (case,) = figures['cases']
  assert list(case['seconds']) == ['ours', 'floor', 'torch']
  rate = case['facts']['GFLOP'] / case['seconds']['ours'][0]
  assert case['facts']['GFLOP/s'] == pytest.approx(rate, rel=0.05)
  assert case['facts']['MFU'] == pytest.approx(rate / 2_000, rel=0.05, abs=1e-3)


def test_data_that_is_absent_is_left_out_with_a_sentence(
  monkeypatch, tmp_path, capsys
):
  monkeypatch.setenv('DISTILL_JAX_SHARED', str(tmp_path / 'nowhere'))
  path = tmp_path / 'figures.json'
  _run(monkeypatch, '--method=dss', '--data=svamp', f'--json={path}')
  assert 'set DISTILL_JAX_SHARED' in capsys.readouterr().out


def test_a_longest_row():
  batch = batches.full(2, inputs=5)
  assert batches.longest(batch.label_inputs) == 5
  assert batches.longest(batch.label_inputs * 0) == 1
  assert batches.tokens(batch) == 2 * (5 + 8 + 5 + 96)
