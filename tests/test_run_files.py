"""Every run file that comes with the package builds."""

import pathlib

import pytest

from distill_jax.cli import loading

_FOLDER = pathlib.Path(__file__).parent.parent / 'gin'
_OTHERS = (
  # tests/teachers/test_entries.py
  'collect',
  'filter',
  'judge',
  'teacher_',
  # tests/rationales/test_importing.py
  'import_',
  # tests/retrieval/test_entry.py
  'retrieve_',
  # tests/training/test_ranking_run.py
  'dense_',
  'reranker_',
  # tests/training/test_pretraining_run.py
  'pretrain',
)
_RUN_FILES = sorted(
  path.name
  for path in _FOLDER.glob('*.gin')
  if not path.name.startswith(_OTHERS)
)

_LABELS_ALONE = (
  'finetune',
  'rationale_input',
  'rationale_oracle',
  'few_shot_tiny',
  'few_shot_flan_t5base',
)


@pytest.mark.parametrize('name', _RUN_FILES)
def test_run_file_builds_and_plans(name):
  run, text = loading.load([name], dry_run=True)
  plan = run.plan()
  assert 'student' in plan
  assert all(f'{phase.steps:,} steps' in plan for phase in run.phases)
  assert text


@pytest.mark.parametrize('name', _RUN_FILES)
def test_fine_tuning_alone_teaches_no_rationales(name):
  run, _ = loading.load([name], dry_run=True)
  labels_alone = name.startswith(_LABELS_ALONE)
  assert run.teaches_rationales == (not labels_alone)


@pytest.mark.parametrize('name', _RUN_FILES)
def test_run_file_says_its_command(name):
  assert f'--gin_file={name}' in (_FOLDER / name).read_text()


@pytest.mark.parametrize(
  ('name', 'student', 'critic'),
  [
    # The student's figure is that of the released T5 1.1 base; the critic has
    # its encoder (embedding, 12 layers, bias, norm) and a head of 768 x 256 and
    # 256 x 1.
    ('qcrd_t5base.gin', '247,577,856', '109,825,408'),
    ('qcrd_t5small.gin', '76,961,152', '109,825,408'),
  ],
)
def test_full_sizes(name, student, critic):
  plan = loading.load([name], dry_run=True)[0].plan()
  assert f'student    {student} parameters' in plan
  assert f'critic     {critic} parameters' in plan


@pytest.mark.parametrize(
  ('name', 'released'),
  [
    ('t5_small', '60,506,624'),
    ('t5_base', '222,903,552'),
    ('t5_large', '737,668,096'),
    ('t5_1_1_small', '76,961,152'),
    ('t5_1_1_base', '247,577,856'),
    ('t5_1_1_large', '783,150,080'),
    ('t5_1_1_xl', '2,849,757,184'),
    ('t5_1_1_xxl', '11,135,332,352'),
    ('opt_350m', '331,196,416'),
    ('opt_iml_1_3b', '1,315,758,080'),
  ],
)
def test_models_have_the_sizes_of_the_released_ones(name, released):
  files = ['finetune_t5base.gin', f'models/{name}.gin']
  plan = loading.load(files, dry_run=True)[0].plan()
  assert f'student    {released} parameters' in plan
  head = (_FOLDER / 'models' / f'{name}.gin').read_text().splitlines()[0]
  assert f'{released} parameters' in head
