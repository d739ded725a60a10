"""How many operations a chip could make a second, by its maker's word."""

import jax

# Dense bfloat16, in 10^12 operations a second, by the whole name that jax says.
# NVIDIA's data sheets print the double, which is for sparse matrices; Google's
# pages are per chip.
_TFLOPS = {
  'NVIDIA H200': 989.0,
  'NVIDIA H200 NVL': 835.0,
  'NVIDIA H100 80GB HBM3': 989.0,
  'NVIDIA H100 NVL': 835.0,
  'NVIDIA H100 PCIe': 756.0,
  'NVIDIA A100-SXM4-40GB': 312.0,
  'NVIDIA A100-SXM4-80GB': 312.0,
  'NVIDIA A100-PCIE-40GB': 312.0,
  'NVIDIA A100 80GB PCIe': 312.0,
  'NVIDIA L4': 121.0,
  'TPU v4': 275.0,
  'TPU v5 lite': 197.0,
  'TPU v5e': 197.0,
  'TPU v5': 459.0,
  'TPU v5p': 459.0,
  'TPU v6 lite': 918.0,
  'TPU v6e': 918.0,
}


def tflops(dtype: str) -> float | None:
  """Returns the rate of this machine's device; None where it is not known.

  Args:
    dtype: of the computation; the rate of bfloat16 alone is known.
  """
  if dtype != 'bfloat16':
    return None
  return _TFLOPS.get(jax.devices()[0].device_kind)
