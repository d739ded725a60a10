"""Numbers that a cast has no room for."""

import ml_dtypes
import numpy as np
import pytest

from distill_jax.weights import contents

# The largest bfloat16 is (2 - 2**-7) * 2**127 = 3.3895e38; a number that is
# nearer to 2**128 than to it becomes infinity.
_FITS, _OVERFLOWS = np.float32(3.39e38), np.float32(3.4e38)


def _tensor(number, dtype=np.float32) -> contents.Tensor:
  array = np.ones((2, 3), dtype)
  array[1, 2] = number
  return contents.Tensor(
    name='decoder/decoder_norm/scale',
    shape=array.shape,
    dtype=array.dtype,
    place='norm in model.safetensors',
    fetch=lambda: array,
  )


@pytest.mark.parametrize(
  ('number', 'stored', 'dtype'),
  [
    (_OVERFLOWS, np.float32, ml_dtypes.bfloat16),
    (-_OVERFLOWS, np.float32, ml_dtypes.bfloat16),
    (1e39, np.float64, np.float32),
  ],
)
def test_a_number_that_does_not_fit(number, stored, dtype):
  dtype = np.dtype(dtype)
  with pytest.raises(ValueError, match='does not fit') as caught:
    _tensor(number, stored).read(dtype)
  message = str(caught.value)
  assert '\n' not in message
  assert message.startswith(f'norm in model.safetensors holds {number:g}')
  assert 'at [1, 2] (decoder/decoder_norm/scale)' in message
  assert f'fit {dtype}; keep it in {np.dtype(stored)}' in message
  assert _tensor(number, stored).read()[1, 2] == number


def test_the_largest_number_fits():
  array = _tensor(_FITS).read(np.dtype(ml_dtypes.bfloat16))
  assert array.dtype == ml_dtypes.bfloat16
  assert array[1, 2].view(np.uint16) == 0x7F7F
