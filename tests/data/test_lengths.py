import pytest

from distill_jax.data import lengths


@pytest.mark.parametrize(
  ('longest', 'limit', 'width'),
  [(61, 1024, 64), (64, 1024, 64), (61, 62, 62), (0, 256, 8), (5, 5, 5)],
)
def test_padded(longest, limit, width):
  assert lengths.padded(longest, limit) == width


def test_each_feature_has_its_limit():
  limits = lengths.Lengths(inputs=3, label=2, rationale=1)
  assert [limits.of(name) for name in lengths.KIND] == [3, 3, 3, 2, 1]


def test_refuses_no_token():
  with pytest.raises(ValueError, match=r'Lengths\(label=0\) leaves no token'):
    lengths.Lengths(label=0)
