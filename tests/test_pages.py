"""Large pages, by the pages that the kernel hands out."""

import importlib.util
import os
import pathlib
import platform
import resource
import subprocess
import sys

import pytest

from distill_jax.cli import pages

_CHECKOUT = pathlib.Path(__file__).parents[1]
_SMALL = 2**28 // resource.getpagesize()

# 256 MiB that live during a call only: read twice, so they are written once.
_PROGRAM = """
import os, resource, sys
from distill_jax.cli import pages

pages.enlarge(__spec__)
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


def _can_be_asked_for() -> bool:
  name, version = platform.libc_ver()
  new_enough = name == 'glibc' and tuple(map(int, version.split('.'))) >= (
    2,
    35,
  )
  return new_enough and pages.given_to() == 'madvise'


# Whether a process starts again is tested everywhere, below; what it gains is
# the kernel's to give.
@pytest.mark.skipif(
  not _can_be_asked_for(),
  reason='needs glibc 2.35 and a kernel with transparent_hugepage=madvise',
)
@pytest.mark.parametrize(
  'said', [{}, {'GLIBC_TUNABLES': ''}, {'DISTILL_JAX_PAGES': '1'}]
)
def test_temporary_arrays_lie_in_large_pages(tmp_path, said):
  (tmp_path / 'counting.py').write_text(_PROGRAM)
  command = ['-X', 'dev', '-m', 'counting', 'two words', '--x=*']
  child = subprocess.Popen(
    [sys.executable, *command],
    stdout=subprocess.PIPE,
    text=True,
    env=_environment(tmp_path) | said,
  )
  handed_out, rest = child.communicate(timeout=60)[0].split('\n', 1)
  if said:  # the user's own tunables, or a process that was started again
    assert int(handed_out) >= _SMALL
  else:
    assert int(handed_out) < _SMALL // 50
  assert rest == f"{child.pid} ['two words', '--x=*'] True\n"


# What `execve` would get is printed; kernel and packages are as if they helped.
_WATCHED = """
import importlib.util, os, pathlib

found, read = importlib.util.find_spec, pathlib.Path.read_text

def read_text(path, *rest, **named):
  kernel = '/sys/kernel/mm/transparent_hugepage/enabled'
  return '[madvise]' if str(path) == kernel else read(path, *rest, **named)

def execve(program, argv, environment):
  print('again:', argv[1:], environment['GLIBC_TUNABLES'], flush=True)
  os._exit(0)

pathlib.Path.read_text, os.execve = read_text, execve
"""


@pytest.mark.parametrize('entry', ['train', 'evaluate', 'generate'])
def test_what_computes_starts_again(tmp_path, entry):
  (tmp_path / 'sitecustomize.py').write_text(_WATCHED)
  command = ['-m', f'distill_jax.{entry}', '--help']
  ran = subprocess.run(
    [sys.executable, *command],
    stdout=subprocess.PIPE,
    text=True,
    timeout=60,
    env=_environment(tmp_path),
  )
  assert ran.stdout == f'again: {command} glibc.malloc.hugetlb=1\n'


def _environment(folder: pathlib.Path) -> dict[str, str]:
  """Returns this one's without tunables; modules of a folder can be run."""
  found = dict(os.environ)
  found.pop('GLIBC_TUNABLES', None)
  path = os.pathsep.join(map(str, (folder, _CHECKOUT)))
  return found | {'PYTHONPATH': path, 'JAX_PLATFORMS': 'cpu'}


class _Started(Exception):
  """The process would have been started again."""


@pytest.fixture(name='spec')
def _spec(monkeypatch, tmp_path):
  """Returns the spec of a module for which the process would start again."""
  kernel = tmp_path / 'enabled'
  kernel.write_text('always [madvise] never')
  monkeypatch.setattr(pages, '_KERNEL', kernel)
  for name in ('GLIBC_TUNABLES', 'DISTILL_JAX_PAGES', 'JAX_PLATFORMS'):
    monkeypatch.delenv(name, raising=False)
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)

  def execve(*_):
    raise _Started

  monkeypatch.setattr(os, 'execve', execve)
  spec = pages.__spec__
  monkeypatch.setattr(sys.modules['__main__'], '__spec__', spec)
  return spec


def test_a_process_starts_again_once(spec, monkeypatch):
  with pytest.raises(_Started):
    pages.enlarge(spec)
  monkeypatch.setenv('DISTILL_JAX_PAGES', '1')
  pages.enlarge(spec)
  # What it starts itself has a try of its own.
  assert 'DISTILL_JAX_PAGES' not in os.environ


@pytest.mark.parametrize('said', ['[always] madvise never', 'always [never]'])
def test_nothing_happens_where_the_kernel_decides(spec, said):
  pages._KERNEL.write_text(said)
  pages.enlarge(spec)


def test_nothing_happens_without_such_a_kernel(spec):
  pages._KERNEL.unlink()
  pages.enlarge(spec)


@pytest.mark.parametrize('package', ['jax_plugins', 'libtpu'])
def test_nothing_happens_beside_an_accelerator(spec, monkeypatch, package):
  find = lambda name: name == package or None
  monkeypatch.setattr(importlib.util, 'find_spec', find)
  pages.enlarge(spec)
  monkeypatch.setenv('JAX_PLATFORMS', 'cpu')
  with pytest.raises(_Started):
    pages.enlarge(spec)


def test_nothing_happens_in_a_process_of_others(spec, monkeypatch):
  pages.enlarge(None)
  monkeypatch.setattr(sys.modules['__main__'], '__spec__', None)
  pages.enlarge(spec)


def test_a_process_that_may_not_start_goes_on(spec, monkeypatch):
  def execve(*_):
    raise PermissionError('not here')

  monkeypatch.setattr(os, 'execve', execve)
  pages.enlarge(spec)
  assert 'GLIBC_TUNABLES' not in os.environ
