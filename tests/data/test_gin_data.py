"""The files that name a data set, laid over a run."""

import pathlib

import pytest

from distill_jax.cli import loading
from distill_jax.data import registry

_FOLDER = pathlib.Path(__file__).parents[2] / 'gin' / 'data'
_FILES = sorted(
  path.stem for path in _FOLDER.glob('*.gin') if path.stem != 'dss'
)


@pytest.mark.parametrize('name', _FILES)
def test_each_file_names_its_task(name):
  files = ['finetune_t5base.gin', f'data/{name}.gin']
  run, _ = loading.load(files, dry_run=True)
  assert run.source.task == name
  assert 'student' in run.plan()


def test_each_task_has_its_file():
  assert registry.names() == _FILES


def test_a_share_is_a_setting_of_every_run():
  files = ['finetune_t5base.gin', 'data/cqa.gin']
  run, _ = loading.load(
    files, [('SHARE', '0.25'), ('SHARE_SEED', '3')], dry_run=True
  )
  assert (run.source.share, run.source.share_seed) == (0.25, 3)


def test_openbookqa_comes_with_its_facts():
  files = [
    'kard_flan_t5base.gin',
    'data/openbookqa.gin',
    'parts/openbookqa_facts.gin',
  ]
  run, _ = loading.load(files, dry_run=True)
  assert 'BM25 over <DATA_DIR>/openbook.txt' in run.plan()
