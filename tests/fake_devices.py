"""Tests in a process of their own, where the CPU plays several devices.

How many devices there are is fixed when jax starts.
"""

import os
import subprocess
import sys

FLAG = '--xla_force_host_platform_device_count=8'


def printed(*arguments, flag=FLAG):
  """What python prints, called with some arguments, which must end well."""
  ended = subprocess.run(
    [sys.executable, *arguments],
    env={**os.environ, 'JAX_PLATFORMS': 'cpu', 'XLA_FLAGS': flag},
    capture_output=True,
    text=True,
    check=False,
  )
  assert ended.returncode == 0, ended.stderr
  return ended.stdout
