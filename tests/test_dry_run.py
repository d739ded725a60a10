"""What `--dry_run` of training and of the cache finds without any work."""

import pytest

from distill_jax import cache, compare, train
from distill_jax.data import prepare, tokenizer
from tests.data import brought, caches


def _dry(entry, monkeypatch, *arguments):
  monkeypatch.setattr('sys.argv', ['entry', *arguments, '--dry_run'])
  entry.main()


@pytest.mark.parametrize(
  ('argument', 'expected'),
  [
    ('--gin.VOCABULARY=/nowhere', 'Vocabulary: no file /nowhere'),
    ('--gin.VOCAB_LIMIT=300', 'and the vocabulary has'),
    ('--gin.Mesh.data=9999', 'data=9999 x model=1 does not fit'),
    ('--gin.Validation.split=tset', "Validation.split is 'tset'"),
    ('--gin.DATA_DIR=/nowhere', 'data folder /nowhere'),
    (
      '--gin.INITIAL_CHECKPOINT=/nowhere',
      'INITIAL_CHECKPOINT: /nowhere does not exist',
    ),
  ],
)
def test_finds_what_a_run_would_stumble_over(
  monkeypatch, capsys, argument, expected
):
  name = 'dss_t5base.gin' if 'INITIAL' in argument else 'qcrd_tiny.gin'
  with pytest.raises(SystemExit):
    _dry(train, monkeypatch, f'--gin_file={name}', argument)
  (line,) = capsys.readouterr().err.splitlines()
  assert expected in line


@pytest.mark.parametrize(
  ('part', 'macro'),
  [
    ('methods/qcrd_fixed_negatives.gin', 'NEGATIVES_CHECKPOINT'),
    ('parts/pretrained_critic.gin', 'CRITIC_INITIAL_CHECKPOINT'),
    ('parts/pretrained.gin', 'INITIAL_CHECKPOINT'),
  ],
)
@pytest.mark.parametrize('dry', [True, False])
def test_a_wrong_checkpoint_goes_by_the_name_it_was_given_by(
  monkeypatch, capsys, tmp_path, part, macro, dry
):
  given = [
    f'--gin.MODEL_DIR={tmp_path / "run"}',
    '--gin_file=qcrd_tiny.gin',
    f'--gin_file={part}',
    f'--gin.{macro}=/nowhere',
  ]
  monkeypatch.setattr('sys.argv', ['train', *given, *['--dry_run'] * dry])
  with pytest.raises(SystemExit):
    train.main()
  (line,) = capsys.readouterr().err.splitlines()
  assert line.startswith(f'distill_jax.train: {macro}: /nowhere does not exist')
  assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize('entry', [train, cache])
@pytest.mark.parametrize('name', ['qcrd_tiny.gin', 'qcrd_t5base.gin'])
def test_what_is_left_open_is_no_mistake(monkeypatch, capsys, entry, name):
  _dry(entry, monkeypatch, f'--gin_file={name}')
  assert 'at most 1,024 in an input' in capsys.readouterr().out


def test_the_cache_plans_a_cache(monkeypatch, capsys, tmp_path):
  given = ['--gin_file=finetune_tiny.gin', f'--gin.CACHE_DIR={tmp_path}']
  _dry(cache, monkeypatch, *given)
  said = capsys.readouterr().out
  assert f'{tmp_path}/story_problems-' in said
  assert 'to be built' in said
  assert 'phase' not in said
  assert not list(tmp_path.iterdir())


def test_finds_a_folder_of_other_data(monkeypatch, capsys, tmp_path):
  given = ['--gin_file=dss_tiny.gin', '--gin_file=data/records.gin']
  with pytest.raises(SystemExit):
    _dry(cache, monkeypatch, *given, f'--gin.DATA_DIR={tmp_path}')
  said = capsys.readouterr().err
  assert f'{tmp_path} holds none of the files' in said
  assert 'train.jsonl' in said


@pytest.mark.parametrize(
  ('entry', 'name', 'text', 'macro'),
  [
    (compare, 'tables/qcrd_main.gin', '', 'BINDINGS'),
    (train, 'finetune_tiny.gin', 'STEPS = %gin.REQUIRED\n', 'STEPS'),
  ],
)
def test_only_text_can_be_left_open(
  monkeypatch, capsys, tmp_path, entry, name, text, macro
):
  """Of a tuple or a number `<NAME>` is no stand-in."""
  file = tmp_path / 'open.gin'
  file.write_text(f'include {name!r}\n{text}')
  with pytest.raises(SystemExit):
    _dry(entry, monkeypatch, f'--gin_file={file}')
  (line,) = capsys.readouterr().err.splitlines()
  assert line.endswith(f': {macro} is required, give it by --gin.{macro}=...')


def test_a_share_is_told_with_its_size(monkeypatch, capsys, tmp_path):
  lines = [brought.line(number) for number in range(8)]
  lines += [{'question': 'Without any label?'}]  # is left out
  folder = brought.write(tmp_path / 'pens', train=lines)
  given = [
    '--gin_file=dss_tiny.gin',
    '--gin_file=data/records.gin',
    f'--gin.CACHE_DIR={tmp_path}/caches',
    f'--gin.DATA_DIR={folder}',
  ]
  _dry(train, monkeypatch, *given)
  assert 'share ' not in capsys.readouterr().out
  given += ['--gin.SHARE=0.25', '--gin.SHARE_SEED=3']
  _dry(train, monkeypatch, *given)
  said = (
    'share      0.25 of the training questions, 2 of 8; SHARE_SEED 3 says which'
  )
  assert said in capsys.readouterr().out.splitlines()
  assert not (tmp_path / 'caches').exists()
  monkeypatch.setattr(tokenizer, 'run', caches.tokenise)
  brought.read(folder).build()
  monkeypatch.setattr(prepare, 'examples', None)
  _dry(train, monkeypatch, *given)
  assert said in capsys.readouterr().out.splitlines()


def test_a_share_of_data_that_were_not_given(monkeypatch, capsys):
  _dry(train, monkeypatch, '--gin_file=dss_t5base.gin', '--gin.SHARE=0.5')
  said = capsys.readouterr().out
  assert '0.5 of the training questions; SHARE_SEED 0 says which' in said


def test_the_memory_of_each_update_is_told(monkeypatch, capsys, tmp_path):
  given = ['--gin_file=dss_tiny.gin', f'--gin.CACHE_DIR={tmp_path}']
  _dry(train, monkeypatch, *given)
  lines = capsys.readouterr().out.splitlines()
  (line,) = [line for line in lines if line.startswith('memory 1 ')]
  assert 'student: ' in line and ' GiB on a device: ' in line
  assert '           for rows as long as they may be' in lines
