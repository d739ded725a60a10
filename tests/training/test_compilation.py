"""Where compiled programs are kept, and which of them."""

import jax
import pytest

from distill_jax.training import compilation

_FOLDER = 'jax_compilation_cache_dir'
_SECONDS = 'jax_persistent_cache_min_compile_time_secs'


@pytest.mark.parametrize(
  ('given', 'set_here'),
  [
    ((), {_FOLDER, _SECONDS}),
    ((_FOLDER,), {_SECONDS}),
    ((_SECONDS,), {_FOLDER}),
    ((_FOLDER, _SECONDS), set()),
  ],
)
def test_the_environment_wins(monkeypatch, tmp_path, given, set_here):
  monkeypatch.setenv('HOME', str(tmp_path))
  for name in (_FOLDER, _SECONDS):
    monkeypatch.delenv(name.upper(), raising=False)
  for name in given:
    monkeypatch.setenv(name.upper(), '1')
  found = {}
  monkeypatch.setattr(jax.config, 'update', found.__setitem__)
  compilation.use_cache()
  folder = str(tmp_path / '.cache' / 'distill_jax' / 'compiled')
  ours = {_FOLDER: folder, _SECONDS: 0.2}
  assert found == {name: ours[name] for name in set_here}
