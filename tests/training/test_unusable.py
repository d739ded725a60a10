"""Data that nothing could be learnt from stops a run before it begins."""

import pytest

from distill_jax.data import tokenizer
from distill_jax.training import loop
from tests.data import brought, caches
from tests.training import small


def test_a_run_without_usable_rationales_claims_no_folder(
  tmp_path, monkeypatch
):
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  tie = [brought.line(i, answers=('four', 'five')) for i in range(4)]
  brought.write(tmp_path / 'records', train=tie)
  for _ in range(2):  # the second finds the cache built
    with pytest.raises(ValueError, match='4 of 4 questions have answers that'):
      loop.train(*small.load(tmp_path / 'run', tmp_path))
    assert not (tmp_path / 'run').exists()
