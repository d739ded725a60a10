"""Large pages for the memory of a process that computes on the host."""

import importlib.util
import os
import pathlib
import sys

_VARIABLE = 'GLIBC_TUNABLES'
_LARGE = 'glibc.malloc.hugetlb=1'
_KERNEL = pathlib.Path('/sys/kernel/mm/transparent_hugepage/enabled')

# Packages that bring jax an accelerator, which has memory of its own.
_ACCELERATORS = ('jax_plugins', 'libtpu')


def enlarge() -> None:
  """Starts this process again with large pages, where they help.

  On a CPU a step asks for gigabytes of temporary arrays and gives them back.
  The kernel hands them out anew for the next step, filled with zeros, page by
  page: 350,000 of 4 KiB for eight questions of T5-small, an eighth of the
  step. In pages of 2 MiB it is one in a hundred. The C library reads whether to
  ask for them from its environment alone, and when a process starts.

  Nothing happens where the kernel gives large pages to all or to none, where
  the environment has tunables already, and where jax may find an accelerator.
  To be called first of all, by the module that Python was started with.
  """
  if _helps():
    # Other C libraries do not read it: they start again once, and that is all.
    os.environ[_VARIABLE] = _LARGE
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _helps() -> bool:
  return (
    _VARIABLE not in os.environ
    and _KERNEL.exists()
    and '[madvise]' in _KERNEL.read_text()
    and not any(map(importlib.util.find_spec, _ACCELERATORS))
  )
