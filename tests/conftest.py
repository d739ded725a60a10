"""What every test shares: one CPU backend, quiet libraries, checked shapes."""

import logging
import os

# Before jax or TensorFlow is imported anywhere.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
# Most of the tests' time is that of the compiler, and what it makes runs for
# moments. What the tests start inherits this.
os.environ.setdefault('JAX_DISABLE_MOST_OPTIMIZATIONS', 'true')

import jaxtyping
import pytest

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


@pytest.fixture(autouse=True)
def _no_entry_goes_on_logging():
  """Gives the package's log back as it was before an entry took it over.

  An entry logs to the standard error of its time, which pytest closes.
  """
  log = logging.getLogger('distill_jax')
  handlers, propagate = list(log.handlers), log.propagate
  yield
  log.handlers[:], log.propagate = handlers, propagate
