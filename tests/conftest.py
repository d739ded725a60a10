"""What every test shares: one CPU backend, quiet libraries, checked shapes."""

import os

# Before jax or TensorFlow is imported anywhere.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import jaxtyping

from tests import shapes

# The shapes in the annotations of these modules are checked at every call; not
# those of `mean`, whose tree jax rebuilds with shapes alone or stacked arrays.
jaxtyping.install_import_hook(
  [
    f'distill_jax.losses.{name}'
    for name in ('contrastive', 'listwise', 'ranking', 'sequence')
  ],
  f'{shapes.__name__}.{shapes.check.__name__}',
)
