"""A cache of compiled programs, so that a second start is quick."""

import os
import pathlib

import jax

_VARIABLE = 'JAX_COMPILATION_CACHE_DIR'


def use_cache() -> None:
  """Lets jax keep what it compiles; its own environment variable wins."""
  if _VARIABLE in os.environ:
    return
  folder = pathlib.Path('~/.cache/distill_jax/compiled').expanduser()
  jax.config.update('jax_compilation_cache_dir', str(folder))
  jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.2)
