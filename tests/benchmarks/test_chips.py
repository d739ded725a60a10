"""Rates of chips, by the names that jax has for them."""

import types

import jax
import pytest

from benchmarks import chips


@pytest.mark.parametrize(
  ('kind', 'dtype', 'expected'),
  [
    ('NVIDIA L4', 'bfloat16', 121.0),
    ('NVIDIA L40S', 'bfloat16', None),
    ('NVIDIA H100 80GB HBM3', 'bfloat16', 989.0),
    ('NVIDIA H100 NVL', 'bfloat16', 835.0),
    ('NVIDIA H100 80GB HBM3', 'float32', None),
    ('cpu', 'bfloat16', None),
  ],
)
def test_a_whole_name_has_a_rate(kind, dtype, expected, monkeypatch):
  device = types.SimpleNamespace(device_kind=kind)
  monkeypatch.setattr(jax, 'devices', lambda: [device])
  assert chips.tflops(dtype) == expected
