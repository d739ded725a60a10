"""How many operations a chip could make a second, by its maker's word."""

import jax

# Dense bfloat16, in 10^12 operations a second. NVIDIA's data sheets print the
# double, which is for sparse matrices; Google's pages are per chip.
_TFLOPS = (
  ('H200', 989.0),
  ('H100 PCIe', 756.0),
  ('H100', 989.0),
  ('A100', 312.0),
  ('L4', 121.0),
  ('TPU v4', 275.0),
  ('TPU v5 lite', 197.0),
  ('TPU v5', 459.0),
  ('TPU v6', 918.0),
)


def tflops() -> float | None:
  """Returns the rate of this machine's device; None where it is not known."""
  kind = jax.devices()[0].device_kind
  return next((rate for name, rate in _TFLOPS if name in kind), None)
