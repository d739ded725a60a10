"""The machine and the versions that a measurement was taken with."""

import functools
import importlib.metadata
import os
import pathlib
import platform

_PACKAGES = ('jax', 'jaxlib', 'flax', 'torch', 'transformers', 'numpy')


@functools.cache
def facts() -> dict[str, object]:
  """Returns processor, cores, memory in GiB, and versions by name."""
  return {
    'processor': _processor(),
    'cores': os.cpu_count(),
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
  lines = pathlib.Path('/proc/cpuinfo').read_text().splitlines()
  fields = dict(
    (part.strip() for part in line.split(':', 1))
    for line in lines
    if ':' in line
  )
  name = fields.get('model name', platform.machine())
  # Some machines hide their name; family and model tell the generation.
  return f'{name} (family {fields.get("cpu family")}, {fields.get("model")})'


def _versions() -> dict[str, str]:
  found = {}
  for name in _PACKAGES:
    try:
      found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
      continue
  return found
