"""What an installed package holds and does, far from the checkout."""

import os
import pathlib
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((CHECKOUT / 'pyproject.toml').read_text())


def test_every_package_is_listed():
  found = {
    str(path.parent.relative_to(CHECKOUT)).replace(os.sep, '.')
    for path in (CHECKOUT / 'distill_jax').rglob('__init__.py')
  }
  found |= {'distill_jax.gin', 'distill_jax.tasks'}
  assert set(SETTINGS['tool']['setuptools']['packages']) == found


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> pathlib.Path:
  # A copy: setuptools would take what an earlier build left in the checkout.
  source, folder = map(tmp_path_factory.mktemp, ('source', 'wheel'))
  for name in ('distill_jax', 'gin', 'tasks'):
    shutil.copytree(CHECKOUT / name, source / name)
  for name in ('LICENSE', 'README.md', 'pyproject.toml'):
    shutil.copy(CHECKOUT / name, source)
  subprocess.run(
    [sys.executable, '-m', 'build', '--wheel', '--outdir', folder, source],
    check=True,
    capture_output=True,
  )
  (built,) = folder.glob('*.whl')
  return built


@pytest.mark.slow
def test_a_wheel_holds_everything_and_no_more(wheel):
  names = set(zipfile.ZipFile(wheel).namelist())
  tops = {name.partition('/')[0] for name in names}
  assert {top for top in tops if not top.endswith('.dist-info')} == {
    'distill_jax'
  }
  for folder, pattern in (('gin', '**/*.gin'), ('tasks', '*.py')):
    for path in (CHECKOUT / folder).glob(pattern):
      inside = path.relative_to(CHECKOUT).as_posix()
      assert f'distill_jax/{inside}' in names
  assert 'distill_jax/text/embedded.model' in names


@pytest.mark.slow
def test_a_wheel_runs_from_an_empty_folder(wheel, tmp_path):
  """The dependencies are those of this environment, the package the wheel's."""
  home = tmp_path / 'environment'
  venv.create(home, with_pip=False)
  python = home / 'bin' / 'python'
  (packages,) = (home / 'lib').glob('python*/site-packages')
  zipfile.ZipFile(wheel).extractall(packages)
  (packages / 'dependencies.pth').write_text(
    '\n'.join(p for p in sys.path if p.endswith('-packages'))
  )
  empty = tmp_path / 'empty'
  empty.mkdir()
  model_dir = tmp_path / 'run'
  environment = {**os.environ, 'JAX_PLATFORMS': 'cpu'}
  environment.pop('PYTHONPATH', None)

  def run(*arguments: str) -> str:
    done = subprocess.run(
      [python, *arguments],
      cwd=empty,
      env=environment,
      capture_output=True,
      text=True,
      check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

  where = run('-c', 'import distill_jax; print(distill_jax.__file__)')
  assert pathlib.Path(where.strip()).is_relative_to(home)
  run(
    *('-m', 'distill_jax.train', '--gin_file=finetune_tiny.gin'),
    *(f'--gin.MODEL_DIR={model_dir}', '--gin.STEPS=2'),
    f'--gin.CACHE_DIR={tmp_path / "cache"}',
  )
  assert (model_dir / 'eval' / 'story_problems.json').exists()
  said = run(
    *('-m', 'distill_jax.generate', f'--model_dir={model_dir}'),
    '--question=Tom has 3 pens and buys 2 more. How many pens has he?',
  )
  assert 'label:' in said
  assert not list(empty.iterdir())
