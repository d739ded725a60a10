"""The scripts for machines, against a gcloud that only notes its calls."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parents[1] / 'tpu_scripts'
_SOURCED = {'common.sh', 'reproduce.sh'}
_SCRIPTS = sorted(
  path for path in FOLDER.glob('*.sh') if path.name not in _SOURCED
)
_TPU = ('--name=tpu1', '--zone=us-west4-a')
_RUN = ('--gin_file=qcrd_t5base.gin', '--gin.MODEL_DIR=gs://bucket/q')

# Stands for gcloud: notes its arguments, and answers `describe` and the status
# of the run by the next line of a file each.
_GCLOUD = """#!/usr/bin/env bash
printf '%s\\n' "$*" | tr '\\n' ' ' >> "$CALLS"
echo >> "$CALLS"
next() {
  line=$(head -n 1 "$1")
  tail -n +2 "$1" > "$1.rest" && [[ -s $1.rest ]] && mv "$1.rest" "$1"
  echo "$line"
}
case "$*" in
  *describe*)
    found=$(next "$STATES")
    [[ $found != BROKEN ]] || { echo 'no network' >&2; exit 1; }
    [[ $found != NONE ]] || { echo 'ERROR: NOT_FOUND' >&2; exit 1; }
    echo "$found"
    ;;
  *run.status\\ 2*) next "$STATUSES" ;;
esac
"""


@pytest.fixture
def gcloud(tmp_path):
  """Runs a script beside the stub; returns what ended, and all calls."""
  (tmp_path / 'bin').mkdir()
  stub = tmp_path / 'bin' / 'gcloud'
  stub.write_text(_GCLOUD)
  stub.chmod(0o755)

  def run(script, *arguments, states='READY', statuses='0'):
    files = {name: tmp_path / name for name in ('calls', 'states', 'statuses')}
    files['calls'].write_text('')
    files['states'].write_text(states.replace(' ', '\n') + '\n')
    files['statuses'].write_text(statuses.replace(' ', '\n') + '\n')
    environment = {
      **os.environ,
      **{name.upper(): str(path) for name, path in files.items()},
      'PATH': f'{tmp_path / "bin"}:{os.environ["PATH"]}',
    }
    ended = subprocess.run(
      [FOLDER / script, *arguments],
      env=environment,
      capture_output=True,
      text=True,
      check=False,
      timeout=60,
    )
    return ended, files['calls'].read_text().splitlines()

  return run


@pytest.mark.parametrize('script', _SCRIPTS, ids=lambda path: path.name)
def test_help_says_what_it_does_and_runs_nothing(script, gcloud):
  ended, calls = gcloud(script.name, '--help')
  assert ended.returncode == 0, ended.stderr
  assert f'tpu_scripts/{script.name}' in ended.stdout
  assert '--dry_run' in ended.stdout
  assert calls == []


def test_shellcheck_finds_nothing():
  beside = pathlib.Path(sys.executable).parent
  found = shutil.which('shellcheck', path=f'{beside}:{os.environ["PATH"]}')
  ended = subprocess.run(
    [found, '--external-sources', *sorted(FOLDER.glob('*.sh'))],
    cwd=FOLDER.parent,
    capture_output=True,
    text=True,
    check=False,
  )
  assert ended.returncode == 0, ended.stdout


def test_create(gcloud):
  ended, calls = gcloud('create.sh', *_TPU, '--type=v5p-64', '--spot')
  assert ended.returncode == 0, ended.stderr
  assert calls == [
    (
      'compute tpus tpu-vm create tpu1 --zone=us-west4-a '
      '--accelerator-type=v5p-64 --version=v2-alpha-tpuv5 --spot '
    )
  ]


def test_delete_asks_nothing(gcloud):
  _, calls = gcloud('delete.sh', *_TPU, '--project=mine')
  assert calls == [
    'compute tpus tpu-vm delete tpu1 --zone=us-west4-a --project=mine --quiet '
  ]


def test_a_dry_run_prints_what_would_be_called(gcloud):
  ended, calls = gcloud('create.sh', *_TPU, '--dry_run')
  assert calls == []
  assert ended.stdout.startswith('gcloud compute tpus tpu-vm create tpu1 ')


@pytest.mark.parametrize(
  ('arguments', 'words'),
  [
    ((), '--name=... is missing'),
    (('--name=tpu1',), '--zone=... is missing'),
    ((*_TPU, '--spott'), 'unknown option --spott'),
    ((*_TPU, 'spot'), 'unexpected argument spot'),
    ((*_TPU, '--type=v9-8'), '--type=v9-8 has no runtime'),
  ],
)
def test_mistakes_are_told_and_nothing_is_called(arguments, words, gcloud):
  ended, calls = gcloud('create.sh', *arguments)
  assert ended.returncode == 2
  assert words in ended.stderr
  assert calls == []


@pytest.mark.parametrize(
  ('script', 'arguments', 'words'),
  [
    ('train.sh', (*_TPU, '--starts=0'), '--starts=0: expected a whole number'),
    (
      'train.sh',
      (*_TPU, '--every=abc'),
      '--every=abc: expected a whole number',
    ),
    *(
      (
        f'reproduce_{paper}.sh',
        ('--results=r', '--budget=abc'),
        '--budget=abc: expected dollars',
      )
      for paper in ('qcrd', 'kard')
    ),
    *(
      (f'reproduce_{paper}.sh', ('--tiny', '--results=r', wrong), words)
      for paper in ('dss', 'qcrd', 'kard')
      for wrong, words in (
        ('--steps=x', '--steps=x: expected a whole number'),
        ('--steps=0', '--steps=0: expected a whole number from 1'),
        ('--steps=9999999999', 'expected a whole number'),
        ('--seeds=0,b', '--seeds=0,b: expected whole numbers'),
        ('--seeds=01', '--seeds=01: expected whole numbers'),
      )
    ),
  ],
)
def test_numbers_are_numbers(script, arguments, words, gcloud):
  ended, calls = gcloud(script, *arguments)
  assert ended.returncode == 2
  assert words in ended.stderr
  assert calls == []


def test_a_command_keeps_its_words(gcloud):
  _, calls = gcloud('run.sh', *_TPU, '--', 'echo', 'a  b', '$HOME')
  assert len(calls) == 1
  assert '--worker=all' in calls[0]
  assert r'echo a\ \ b \$HOME' in calls[0]


def test_the_code_goes_to_all_workers(gcloud):
  ended, calls = gcloud('copy.sh', *_TPU)
  assert ended.returncode == 0, ended.stderr
  assert 'scp' in calls[0]
  assert '--worker=all' in calls[0]
  assert '.[tpu]' in calls[1]


def _train(gcloud, *arguments, **answers):
  return gcloud(
    'train.sh', *_TPU, '--every=0', *arguments, '--', *_RUN, **answers
  )


def _count(calls, verb):
  return sum(f'tpu-vm {verb} ' in call for call in calls)


def test_a_run_starts_on_all_workers_and_ends_with_its_status(gcloud):
  ended, calls = _train(gcloud, states='NONE READY', statuses='0')
  assert ended.returncode == 0, ended.stderr
  assert _count(calls, 'create') == 1
  started = [call for call in calls if 'distill_jax.train' in call]
  assert len(started) == 1
  assert '--worker=all' in started[0]
  assert '--distributed' in started[0]
  assert 'MODEL_DIR=gs://bucket/q' in started[0]


def test_compiled_programs_on_the_machine_are_refused(gcloud):
  ended, calls = _train(gcloud, '--compiled=/tmp/compiled')
  assert ended.returncode == 2
  assert 'expected a folder on gs://' in ended.stderr
  assert calls == []


def test_compiled_programs_outlive_the_machines(gcloud):
  ended, calls = _train(gcloud, '--compiled=gs://bucket/a b')
  assert ended.returncode == 0, ended.stderr
  (started,) = [call for call in calls if 'distill_jax.train' in call]
  # Quoted for a shell on the worker, and once more for the one it starts.
  command = re.search(r'bash -c (.+?) > run.log', started)[1]
  (once,) = shlex.split(command)
  words = shlex.split(once)
  assert words[0] == 'JAX_COMPILATION_CACHE_DIR=gs://bucket/a b'
  assert words[1:4] == ['.venv/bin/python', '-m', 'distill_jax.train']


def test_a_preempted_run_gets_new_machines_and_goes_on(gcloud):
  states = 'NONE READY PREEMPTED PREEMPTED READY'
  ended, calls = _train(gcloud, '--spot', states=states, statuses='- 0')
  assert ended.returncode == 0, ended.stderr
  assert _count(calls, 'create') == 2
  assert _count(calls, 'delete') == 1
  assert all('--spot' in call for call in calls if ' create ' in call)


def test_a_run_that_lost_a_process_starts_on_the_same_machines(gcloud):
  # At 75 it looks at all workers, for one that knows more.
  ended, calls = _train(gcloud, states='READY', statuses='75 75 143 0')
  assert ended.returncode == 0, ended.stderr
  assert _count(calls, 'create') == _count(calls, 'delete') == 0
  started = [call for call in calls if 'setsid' in call]
  assert len(started) == 3


def test_a_look_that_fails_ends_no_machines(gcloud):
  ended, calls = _train(
    gcloud, states='READY BROKEN BROKEN READY', statuses='0'
  )
  assert ended.returncode == 0, ended.stderr
  assert _count(calls, 'create') == _count(calls, 'delete') == 0
  assert len([call for call in calls if 'setsid' in call]) == 1


def test_a_mistake_of_another_worker_is_not_tried_again(gcloud):
  ended, calls = _train(gcloud, states='READY', statuses='75 1')
  assert ended.returncode == 1
  assert len([call for call in calls if 'setsid' in call]) == 1


def test_a_mistake_is_not_tried_again(gcloud):
  ended, calls = _train(gcloud, states='READY', statuses='2')
  assert ended.returncode == 2
  assert 'tail' in calls[-1]
  assert 'status 2' in ended.stderr


def test_a_folder_on_the_machine_is_refused(gcloud):
  ended, calls = gcloud(
    'train.sh', *_TPU, '--', '--gin_file=a.gin', '--gin.MODEL_DIR=/tmp/q'
  )
  assert ended.returncode == 2
  assert 'lost with its machine' in ended.stderr
  assert calls == []


@pytest.mark.slow
@pytest.mark.parametrize(
  ('paper', 'tables'),
  [
    (
      'dss',
      {'main': ('fine-tuning', 'single-task', 'rationale as input', 'DSS')},
    ),
    ('qcrd', {'main': ('DSS', 'MI', 'QCRD'), 'ablation': ('ED', 'ED, NK, QJ')}),
    ('kard', {'main': ('few-shot', 'fine-tuning', 'KARD, reranker')}),
  ],
)
def test_a_papers_tables_on_two_cores(paper, tables, tmp_path):
  subprocess.run(
    [
      FOLDER / f'reproduce_{paper}.sh',
      *('--tiny', '--steps=2', f'--results={tmp_path}'),
      f'--python={sys.executable}',
    ],
    check=True,
  )
  for name, rows in tables.items():
    folder = tmp_path / f'{paper}_{name}_tiny'
    table = (folder / 'comparison.md').read_text()
    for row in rows:
      assert f'| {row} |' in table
