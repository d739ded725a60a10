"""The machine and the versions that a measurement was taken with."""

import functools
import importlib.metadata
import os
import pathlib
import platform
import subprocess

from distill_jax.cli import pages

_PACKAGES = ('jax', 'jaxlib', 'flax', 'torch', 'transformers', 'numpy')
_SETTINGS = (
  'OMP_NUM_THREADS',
  'MKL_NUM_THREADS',
  'XLA_FLAGS',
  'GLIBC_TUNABLES',
)


@functools.cache
def facts() -> dict[str, object]:
  """Returns processor, cores, memory in GiB, and versions by name.

  The load is that of the last minute before the first call; the settings are
  what the environment says of threads and memory.
  """
  return {
    'commit': _commit(),
    'processor': _processor(),
    'cores': os.cpu_count(),
    'usable cores': _usable(),
    'large pages': pages.given_to(),
    'settings': {
      name: os.environ[name] for name in _SETTINGS if name in os.environ
    },
    'load': round(os.getloadavg()[0], 2),
    'memory GiB': round(
      os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30, 1
    ),
    'versions': {'python': platform.python_version(), **_versions()},
  }


def accelerated() -> dict[str, object]:
  """Returns what `facts` does and the devices that jax sees.

  Apart from `facts`, for it starts jax, which some measurements do not need.
  """
  import jax

  devices = jax.devices()
  kind = devices[0].device_kind
  return {**facts(), 'devices': f'{len(devices)} x {kind}'}


def named(known: dict[str, object] | None = None) -> str:
  """Returns the facts as a line for a table's title."""
  known = known or facts()
  versions = ', '.join(
    f'{name} {version}' for name, version in known['versions'].items()
  )
  devices = f', {known["devices"]}' if 'devices' in known else ''
  return (
    f'{known["cores"]} cores of {known["processor"]}, '
    f'{known["memory GiB"]} GiB{devices}; {versions}'
  )


def _processor() -> str:
  known = pathlib.Path('/proc/cpuinfo')
  if not known.exists():  # macOS
    return platform.processor() or platform.machine()
  lines = known.read_text().splitlines()
  fields = dict(
    (part.strip() for part in line.split(':', 1))
    for line in lines
    if ':' in line
  )
  name = fields.get('model name', platform.machine())
  # Some machines hide their name; family and model tell the generation.
  return f'{name} (family {fields.get("cpu family")}, {fields.get("model")})'


def _usable() -> int:
  """Returns how many cores this process may use."""
  usable = getattr(
    os, 'sched_getaffinity', lambda _: range(os.cpu_count() or 1)
  )
  return len(usable(0))


def _commit() -> str | None:
  """Returns the commit, 'and changes' behind it where files differ from it."""
  commit = _git('rev-parse', 'HEAD')
  changed = commit and _git('status', '--porcelain', '--untracked-files=no')
  return f'{commit} and changes' if changed else commit


def _git(*command: str) -> str | None:
  """Returns what git says of the checkout; None where it says nothing."""
  folder = pathlib.Path(__file__).resolve().parent
  try:
    done = subprocess.run(
      ['git', '-C', str(folder), *command], capture_output=True, text=True
    )
  except FileNotFoundError:
    return None
  return done.stdout.strip() or None


def _versions() -> dict[str, str]:
  found = {}
  for name in _PACKAGES:
    try:
      found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
      continue
  return found
