"""What Apache Beam builds, and what it leaves behind where it fails."""

import dataclasses
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys

import pytest

import distill_jax
from distill_jax.data import beam, beam_worker, lengths, tokenizer
from distill_jax.text import word_pieces
from tests import proc, shared
from tests.data import beam_by_hand, brought, caches
from tests.data.test_parts import ODD, ONE

# Work in the process of the pipeline, which the package takes for elsewhere.
_ELSEWHERE = (
  '--runner=apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner'
)


@pytest.fixture
def source(tmp_path):
  folder = brought.write(tmp_path / 'pens', train=ODD, validation=ONE)
  return brought.read(folder, lengths=lengths.Lengths(inputs=32, rationale=8))


@pytest.fixture
def installed():
  pytest.importorskip('apache_beam')


@pytest.mark.slow
def test_two_workers_write_the_bytes_of_the_local_builder(
  source, tmp_path, installed, capfd
):
  by_beam = source.build(beam.Beam(options=_workers(2), rows=2))
  assert capfd.readouterr() == ('', ''), 'Beam and TensorFlow stay silent'
  elsewhere = str(tmp_path / 'local')
  local = dataclasses.replace(source, cache_dir=elsewhere).build()
  beam_by_hand.require_equal(by_beam, local)
  assert list(by_beam.parent.iterdir()) == [by_beam]


def test_another_runner_and_vocabulary(
  source, tmp_path, installed, monkeypatch
):
  file = shared.path('tokenizers', 'bert-base-cased-vocab.txt')
  vocabulary = word_pieces.WordPieces(str(file), lower_case=False)
  source = dataclasses.replace(source, vocabulary=vocabulary)
  exchange = tmp_path / 'exchange'
  runner = beam.Beam(options=(_ELSEWHERE,), folder=str(exchange), rows=3)
  by_beam = source.build(runner)
  # What SeqIO makes with this vocabulary: test_other_vocabularies.py.
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  elsewhere = str(tmp_path / 'local')
  local = dataclasses.replace(source, cache_dir=elsewhere).build()
  beam_by_hand.require_equal(by_beam, local)
  assert not list(exchange.iterdir())


@pytest.mark.parametrize('by_folder', [False, True])
def test_a_worker_that_fails_is_one_sentence(
  source, tmp_path, installed, monkeypatch, by_folder
):
  monkeypatch.setattr(beam_worker, 'own_code', lambda: 'another')
  exchange = tmp_path / 'exchange'
  builder = beam.Beam(options=_workers(2))
  if by_folder:
    builder = beam.Beam(options=(_ELSEWHERE,), folder=str(exchange))
  with pytest.raises(ValueError) as failed:
    source.build(builder)
  # Who works in a process of its own says the kind of the error, too.
  assert str(failed.value).replace('ValueError: ', '') == (
    'Apache Beam could not tokenise: A worker has another '
    'distill_jax than the machine that divides the work, '
    f'{distill_jax.__version__} here; install the same on both.'
  )
  assert not list(source.folder().parent.iterdir())
  assert not exchange.exists() or not list(exchange.iterdir())


@pytest.mark.parametrize(
  ('options', 'said'),
  [
    (('--runner=Foo',), 'Unexpected pipeline runner: Foo'),
    (('--runner=pens.Runner',), "No module named 'pens'"),
    (
      ('--runner=FlinkRunner', '--type_check_strictness=pens'),
      ".* invalid choice: 'pens'",
    ),
  ],
)
def test_options_that_cannot_be_are_told_before_work(
  source, installed, options, said
):
  (pathlib.Path(source.data_dir) / 'train.jsonl').write_text('no work yet')
  told = f'Apache Beam refuses {" ".join(options)}: {said}'
  with pytest.raises(ValueError, match=told):
    source.build(beam.Beam(options=options))


def test_where_the_client_of_dataflow_is_missing_pip_is_named(
  installed, monkeypatch
):
  from distill_jax.data import beam_check

  monkeypatch.setitem(sys.modules, beam_check._DATAFLOW, None)
  monkeypatch.setattr(sys, 'argv', ['beam_check', '--runner=DataflowRunner'])
  with pytest.raises(SystemExit, match=r"pip install 'apache-beam\[gcp\]'"):
    beam_check.main()


def test_workers_elsewhere_need_a_folder_they_see(source, installed):
  with pytest.raises(ValueError, match='FlinkRunner are on other machines'):
    source.build(beam.Beam(options=('--runner=FlinkRunner',)))


def test_where_beam_is_missing_pip_is_named(source, monkeypatch):
  real = importlib.util.find_spec
  monkeypatch.setattr(
    importlib.util,
    'find_spec',
    lambda name: None if name == 'apache_beam' else real(name),
  )
  (pathlib.Path(source.data_dir) / 'train.jsonl').write_text('no work yet')
  with pytest.raises(ValueError, match=r"pip install 'distill_jax\[beam\]'"):
    source.build(beam.Beam())


def test_a_range_has_rows():
  with pytest.raises(ValueError, match='rows is 0'):
    beam.Beam(rows=0)


@pytest.mark.slow
@proc.needed
@pytest.mark.parametrize('name', ['SIGINT', 'SIGKILL'])
def test_who_stops_it_stops_all_workers(tmp_path, name, installed):
  number = getattr(signal, name)
  folder = tmp_path / 'caches'
  builder = subprocess.Popen(
    [
      *(sys.executable, '-m', 'distill_jax.cache', '--gin_file=dss_tiny.gin'),
      *(f'--gin.CACHE_DIR={folder}', '--beam'),
      '--beam_options=--direct_num_workers=2',
    ],
    cwd=pathlib.Path(__file__).parents[2],
    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
  )
  try:
    proc.until(lambda: len(list(folder.glob('.*/beam/tmp*'))) == 2, 60)
    family = proc.mentioning(str(folder)) - {builder.pid}
    assert len(family) == 1
    group = os.getpgid(*family)
    assert group != os.getpgid(builder.pid)
    assert len(proc.of_group(group)) >= 3
    builder.send_signal(number)
    status = {'SIGINT': 130, 'SIGKILL': -9}[name]
    assert builder.wait(30) == status
    proc.until(lambda: not proc.of_group(group), 60)
    assert not list(folder.iterdir())
  finally:
    builder.kill()


def _workers(number):
  return (f'--direct_num_workers={number}',)
