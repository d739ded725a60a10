"""What a command line makes of the run files."""

import pytest

from distill_jax.cli import entry
from distill_jax.losses import ranking
from distill_jax.text import answers


def _run(*arguments):
  """Returns the run that these arguments build."""
  built = []
  argv = ['--gin.MODEL_DIR=/tmp/never_written', *arguments]
  entry.run('train', '', lambda run, *_: built.append(run), argv=argv)
  return built[0]


def test_a_word_that_is_no_literal_is_a_string():
  run = _run('--gin_file=finetune_tiny.gin', '--gin.DATA_DIR=/some/place')
  assert run.model_dir == '/tmp/never_written'
  assert run.source.data_dir == '/some/place'


def test_the_last_value_of_a_macro_holds_everywhere():
  run = _run('--gin_file=dss_tiny.gin', '--gin.STEPS=7', '--gin.STEPS=9')
  assert run.steps == 9


def test_a_parameter_is_bound_by_its_unique_name():
  run = _run('--gin_file=qcrd_tiny.gin', '--gin.QCRD.margin=2.5')
  assert run.phases[1].updates[0].objective.margin == 2.5


@pytest.mark.parametrize(
  ('name', 'expected'),
  [('answers.Number', answers.Number()), ('answers.Choice', answers.Choice())],
)
def test_a_neighbour_of_what_the_files_name_can_be_given(name, expected):
  run = _run(
    '--gin_file=qcrd_tiny.gin',
    '--gin_file=data/records.gin',
    '--gin.DATA_DIR=/some/place',
    f'--gin.ANSWERS=@{name}()',
  )
  assert run.source.answers == expected


def test_a_function_can_be_given():
  run = _run(
    '--gin_file=qcrd_tiny.gin',
    '--gin.CRITIC_LOSS=@ranking.exponential_ratio',
  )
  loss = run.phases[1].updates[1].objective.loss
  assert loss is ranking.exponential_ratio
