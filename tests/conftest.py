"""What every test shares: one CPU backend, quiet libraries, checked shapes."""

import os

# Before jax or TensorFlow is imported anywhere.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import jaxtyping

from tests import shapes

# The shapes in the annotations of these packages are checked at every call.
jaxtyping.install_import_hook(
  ['distill_jax.losses'],
  f'{shapes.__name__}.{shapes.check.__name__}',
)
