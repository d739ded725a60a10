"""A disk that fills up: a run stops with a sentence, and goes on with room."""

import subprocess
import sys

import pytest

from tests.training import small

_KIB = (60, 300, 700, 1200)  # too little, for one reason or another
_PLENTY = 8000

# In namespaces of its own anybody may mount; what is mounted ends with them.
_ALONE = ('unshare', '--map-root-user', '--mount')
_MOUNTS = 'mkdir -p {disk} && mount -t tmpfs -o size=9k none {disk}'


def _mounts(folder):
  script = _MOUNTS.format(disk=folder / 'tried')
  try:
    tried = subprocess.run([*_ALONE, 'sh', '-c', script], check=False)
  except FileNotFoundError:
    return False
  return tried.returncode == 0


@pytest.mark.slow
def test_goes_on_when_there_is_room(undisturbed, data, tmp_path):
  if not _mounts(tmp_path):
    pytest.skip(
      'mounts a disk of its own: unshare is missing, or this machine lets '
      'nobody but root mount one'
    )
  disk, out = tmp_path / 'disk', tmp_path / 'out'
  out.mkdir()
  script = [
    f'set -e; cd {tmp_path}; {_MOUNTS.format(disk=disk)}',
    f'export PYTHONPATH={":".join(sys.path)}',
  ]
  train = [sys.executable, '-m', 'distill_jax.train']
  command = ' '.join([*train, *small.arguments(disk / 'run', data)])
  for size in (*_KIB, _PLENTY):
    script += [
      f'mount -o remount,size={size}k {disk}',
      f'{command} 2> {out}/{size}.err && status=0 || status=$?',
      f'echo {size} $status',
      f'ls {disk}/run/checkpoints 2> /dev/null | grep -v tmp | xargs echo',
    ]
  script.append(f'cp -r {disk}/run {out}')
  ended = subprocess.run(
    [*_ALONE, 'bash', '-c', '\n'.join(script)],
    capture_output=True,
    text=True,
    check=False,
  )
  assert not ended.returncode, ended.stderr
  lines = ended.stdout.splitlines()
  assert lines[::2] == [*(f'{size} 1' for size in _KIB), f'{_PLENTY} 0']
  steps = [max(map(int, line.split()), default=0) for line in lines[1::2]]
  assert steps == sorted(steps)  # nothing that was whole is lost
  assert steps[-1] == small.STEPS and len(set(steps)) > 3
  for size in _KIB:
    said = (out / f'{size}.err').read_text()
    assert 'No space left on device' in said.splitlines()[-1], said
    assert 'Traceback' not in said
  small.assert_same_run(out / 'run', undisturbed)
