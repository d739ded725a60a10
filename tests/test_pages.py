"""Large pages, by the pages that the kernel hands out."""

import os
import pathlib
import resource
import subprocess
import sys

import pytest

from distill_jax.cli import pages

_KERNEL = pathlib.Path('/sys/kernel/mm/transparent_hugepage/enabled')
_SMALL = 2**28 // resource.getpagesize()

# 256 MiB that live during a call only: read twice, so they are written once.
_PROGRAM = """
import os, resource, sys
from distill_jax.cli import pages

pages.enlarge()
import jax, jax.numpy as jnp

@jax.jit
def call(x):
  table = jnp.outer(x, x)
  return table @ (table @ x)

x = jnp.ones(8192)
call(x).block_until_ready()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
call(x).block_until_ready()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(os.getpid(), sys.argv[1:], sys.flags.dev_mode)
"""


@pytest.mark.skipif(
  not _KERNEL.exists() or '[madvise]' not in _KERNEL.read_text(),
  reason='the kernel gives large pages to all, or to none',
)
@pytest.mark.parametrize('tunables', [None, 'glibc.malloc.check=0'])
def test_temporary_arrays_lie_in_large_pages(tmp_path, tunables):
  program = tmp_path / 'counting.py'
  program.write_text(_PROGRAM)
  child = subprocess.Popen(
    [sys.executable, '-X', 'dev', program, 'two words', '--x=*'],
    stdout=subprocess.PIPE,
    text=True,
    cwd=tmp_path,
    env=_environment(tunables),
  )
  handed_out, rest = child.communicate()[0].split('\n', 1)
  if tunables:  # of the user's own: they stay as they are
    assert int(handed_out) >= _SMALL
  else:
    assert int(handed_out) < _SMALL // 50
  assert rest == f"{child.pid} ['two words', '--x=*'] True\n"


def _environment(tunables: str | None) -> dict[str, str]:
  """Returns this one's, with those tunables or none."""
  found = dict(os.environ)
  found.pop('GLIBC_TUNABLES', None)
  return found | ({'GLIBC_TUNABLES': tunables} if tunables else {})


@pytest.mark.parametrize('said', ['[always] madvise never', 'always [never]'])
def test_nothing_happens_where_the_kernel_decides(monkeypatch, tmp_path, said):
  kernel = tmp_path / 'enabled'
  kernel.write_text(said)
  _refuse_to_start(monkeypatch, kernel)
  pages.enlarge()


def test_nothing_happens_without_such_a_kernel(monkeypatch, tmp_path):
  _refuse_to_start(monkeypatch, tmp_path / 'enabled')
  pages.enlarge()


@pytest.mark.parametrize('package', ['jax_plugins', 'libtpu'])
def test_nothing_happens_beside_an_accelerator(monkeypatch, tmp_path, package):
  kernel = tmp_path / 'enabled'
  kernel.write_text('always [madvise] never')
  _refuse_to_start(monkeypatch, kernel)
  find = lambda name: name == package or None
  monkeypatch.setattr(pages.importlib.util, 'find_spec', find)
  pages.enlarge()


def _refuse_to_start(monkeypatch, kernel: pathlib.Path) -> None:
  monkeypatch.delenv('GLIBC_TUNABLES', raising=False)
  monkeypatch.setattr(pages, '_KERNEL', kernel)
  monkeypatch.setattr(os, 'execv', lambda *_: pytest.fail('was started again'))
