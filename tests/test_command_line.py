"""What a command line makes of the run files."""

import json
import pathlib
import re

import pytest

from distill_jax import cache, evaluate, generate, train
from distill_jax.cli import entry, files, loading
from distill_jax.losses import ranking
from distill_jax.text import answers

_FOLDER = '--gin.MODEL_DIR=/tmp/never_written'


def _plan(*_):
  raise AssertionError('nobody asked for a plan')


def _run(*arguments):
  """Returns the run that these arguments build."""
  built = []
  argv = [_FOLDER, *arguments]
  entry.run('train', '', lambda run, *_: built.append(run), _plan, argv=argv)
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


@pytest.mark.parametrize(
  ('name', 'root'),
  [
    ('collect.gin', 'distill_jax.teachers.stores.collection.Collection'),
    ('filter_kard.gin', 'distill_jax.teachers.stores.filter.Filter'),
  ],
)
def test_what_the_files_import_and_do_not_name_can_be_given(name, root):
  job, _ = loading.load(
    [name], [('ANSWERS', '@answers.Equation()')], dry_run=True, root=root
  )
  assert job.answers == answers.Equation()


def test_a_function_can_be_given():
  run = _run(
    '--gin_file=qcrd_tiny.gin',
    '--gin.CRITIC_LOSS=@ranking.exponential_ratio',
  )
  loss = run.phases[1].updates[1].objective.loss
  assert loss is ranking.exponential_ratio


def test_paths_hold_in_any_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  bindings = {
    'VOCABULARY': 'spiece.model',
    'DATA_DIR': './my_data',
    'CACHE_DIR': '~/caches',
    'initial.FromCheckpoint.path': 'gs://bucket/run',
    'MODEL_DIR': 'mine',
  }
  files = ['qcrd_t5small.gin', 'data/records.gin']
  run, text = loading.load(files, bindings.items(), dry_run=True)
  assert run.source.vocabulary.path == f'{tmp_path}/spiece.model'
  assert run.source.data_dir == f'{tmp_path}/my_data'
  assert f"VOCABULARY = '{tmp_path}/spiece.model'\n" in text
  assert f"DATA_DIR = '{tmp_path}/my_data'\n" in text
  assert f"MODEL_DIR = '{tmp_path}/mine'\n" in text
  assert "CACHE_DIR = '~/caches'\n" in text
  assert "initial.FromCheckpoint.path = 'gs://bucket/run'\n" in text


def test_the_embedded_vocabulary_is_no_path(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'embedded').write_text('of the same name')
  assert _run('--gin_file=qcrd_tiny.gin').source.vocabulary.path == 'embedded'


@pytest.mark.parametrize('argument', ['--gin_file', '--model_dir'])
def test_a_gin_file_that_is_not_utf_8_is_one_line(argument, tmp_path, capsys):
  (tmp_path / 'config.gin').write_bytes(b'# caf\xe9\n')
  given = 'config.gin' if argument == '--gin_file' else ''
  said = _mistake(
    lambda *_: None, capsys, f'{argument}={tmp_path / given}', status=2
  )
  assert 'config.gin is not UTF-8' in said
  assert said.endswith('save the file in UTF-8')


@pytest.mark.parametrize(
  ('path', 'remedy'),
  [('/proc/nobody/here', 'give another path'), ('{file}/in', 'is a file')],
)
def test_what_the_system_refuses_is_one_line(path, remedy, tmp_path, capsys):
  file = tmp_path / 'file'
  file.touch()
  path = path.format(file=file)

  def main(*_):
    pathlib.Path(path).mkdir(parents=True)

  said = _mistake(main, capsys, '--gin_file=finetune_tiny.gin', status=1)
  assert said.startswith('distill_jax.train: ')
  assert remedy in said


def test_a_bug_keeps_its_traceback():
  def main(*_):
    json.loads('{')

  with pytest.raises(json.JSONDecodeError):
    entry.run(
      'train', '', main, _plan, argv=['--gin_file=finetune_tiny.gin', _FOLDER]
    )


def _mistake(main, capsys, *arguments, status):
  """Returns the one line that an entry leaves behind."""
  with pytest.raises(SystemExit) as ended:
    entry.run(
      'train',
      '',
      main,
      _plan,
      lambda parser: parser.add_argument('--model_dir'),
      argv=[_FOLDER, *arguments],
    )
  assert ended.value.code == status
  (line,) = capsys.readouterr().err.splitlines()
  return line


@pytest.mark.parametrize(
  ('module', 'written'),
  [
    (train, 'predictions/*.jsonl'),
    (evaluate, 'eval/TASK.json'),
    (generate, 'lines with example_id'),
    (cache, 'CACHE_DIR'),
  ],
)
def test_help_has_an_example_the_files_and_the_places(
  module, written, monkeypatch, capsys
):
  monkeypatch.setattr('sys.argv', ['entry', '--help'])
  with pytest.raises(SystemExit) as ended:
    module.main()
  assert ended.value.code == 0
  said = capsys.readouterr().out
  name = module.__name__
  assert re.search(rf'^  python -m {name} --\w+=\S+', said, re.MULTILINE)
  assert written in said
  for flag in ('--gin_file', '--gin.NAME=VALUE', '--dry_run'):
    assert flag in said
  for folder in files.folders()[1:]:
    assert str(folder) in ' '.join(said.split())


def test_nothing_given_says_what_to_give(capsys):
  said = _mistake(lambda *_: None, capsys, status=2)
  assert 'give a run by --model_dir=RUN or a run file by --gin_file' in said
