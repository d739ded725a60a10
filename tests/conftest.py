"""What every test shares: one CPU backend, and quiet libraries."""

import os

# Before jax or TensorFlow is imported anywhere.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
