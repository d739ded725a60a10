"""The entry that answers questions of one's own."""

import io
import json

import numpy as np
import pytest

from distill_jax import generate
from distill_jax.evaluation import decode
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.training import answering
from tests import untrained


@pytest.fixture(scope='module')
def model_dir(tmp_path_factory):
  return untrained.write(tmp_path_factory.mktemp('generate'))


def _generate(monkeypatch, model_dir, *arguments):
  argv = ['generate', f'--model_dir={model_dir}', *arguments]
  monkeypatch.setattr('sys.argv', argv)
  generate.main()


def _refused(monkeypatch, capsys, model_dir, *arguments):
  """Returns the one line that the entry ends with."""
  with pytest.raises(SystemExit) as ended:
    _generate(monkeypatch, model_dir, *arguments)
  assert ended.value.code == 1
  return capsys.readouterr().err.splitlines()[-1]


def test_answers_all_questions_in_order(
  model_dir, tmp_path, monkeypatch, capsys
):
  file = tmp_path / 'more.txt'
  file.write_bytes('\ufeffHow many?\r\n\r\n Why? \n'.encode())
  output = tmp_path / 'new' / 'out.jsonl'
  _generate(
    monkeypatch,
    model_dir,
    '--question=Who?',
    f'--input={file}',
    f'--output={output}',
  )
  rows = [json.loads(line) for line in output.read_text().splitlines()]
  assert [(row['example_id'], row['question']) for row in rows] == [
    ('question/1', 'Who?'),
    ('more/1', 'How many?'),
    ('more/3', 'Why?'),
  ]
  assert all({'label', 'rationale'} < row.keys() for row in rows)


def test_a_student_of_labels_alone_writes_no_rationale(
  tmp_path, monkeypatch, capsys
):
  _generate(
    monkeypatch, untrained.write(tmp_path, 'finetune'), '--question=Who?'
  )
  said = capsys.readouterr().out
  assert 'label:' in said
  assert 'rationale' not in said


def test_one_text_is_read_as_rationale_and_label(tmp_path, monkeypatch, capsys):
  folder = untrained.write(tmp_path, 'single_task')
  vocabulary = vocabulary_lib.Vocabulary()
  written = np.array([*vocabulary.encode('Two more. Answer: ( 3 + 2 )'), 1])
  monkeypatch.setattr(
    decode.Decoder, 'tokens', lambda self, params, inputs, *_: [written]
  )
  _generate(monkeypatch, folder, '--question=Who?')
  said = capsys.readouterr().out
  assert 'rationale: Two more.\n' in said
  assert 'label:     ( 3 + 2 )\n' in said


def test_a_question_is_asked_with_the_rationale_that_its_student_reads(
  tmp_path, monkeypatch, capsys
):
  folder = untrained.write(tmp_path, 'rationale_input')
  refused = _refused(monkeypatch, capsys, folder, '--question=Who?')
  assert 'question/1: no rationale, expected one of the teacher' in refused
  file = tmp_path / 'in.jsonl'
  line = {'question': 'Who?', 'rationales': [{'text': 'It was Ann.'}]}
  file.write_text(json.dumps(line))
  seen = []

  def tokens(self, params, inputs, *_):
    seen.extend(self.vocabulary.decode(ids.tolist()) for ids in inputs)
    return [np.array([1])]

  monkeypatch.setattr(decode.Decoder, 'tokens', tokens)
  _generate(monkeypatch, folder, f'--input={file}')
  assert seen == ['[label] Who? Rationale: It was Ann.']


def test_says_what_is_lost(model_dir, monkeypatch, capsys):
  monkeypatch.setattr('sys.stdin', _stdin('Well?\n日本 how?\n'.encode()))
  _generate(monkeypatch, model_dir, '--input=-', '--question=' + 'pens ' * 100)
  said = capsys.readouterr().err.splitlines()
  (cut,) = [one for one in said if 'question has' in one]
  assert 'question/1: the question has 1' in cut
  assert 'is cut after 24' in cut
  (lacking,) = [one for one in said if 'vocabulary lacks' in one]
  assert 'input/2: ' in lacking
  assert "'日' '本'" in lacking
  # A student that has learnt nothing does not know where to end.
  assert any('input/1: the label was cut' in one for one in said)


def _stdin(content: bytes) -> io.TextIOWrapper:
  return io.TextIOWrapper(io.BytesIO(content), encoding='utf-8')


@pytest.mark.parametrize('blank', ['', ' '])
def test_an_empty_question_is_refused(model_dir, monkeypatch, capsys, blank):
  said = _refused(
    monkeypatch, capsys, model_dir, '--question=Who?', f'--question={blank}'
  )
  assert f'--question number 2 is {blank!r}' in said


def test_no_question_is_refused(model_dir, monkeypatch, capsys):
  said = _refused(monkeypatch, capsys, model_dir)
  assert 'give one by --question=TEXT or a file by --input=FILE' in said


@pytest.mark.parametrize('given', ['file', '-'])
def test_input_that_is_not_utf_8_is_one_line(
  model_dir, tmp_path, monkeypatch, capsys, given
):
  content = b'Who?\ncaf\xe9?\n'
  file = tmp_path / 'latin1.txt'
  file.write_bytes(content)
  monkeypatch.setattr('sys.stdin', _stdin(content))
  argument = f'--input={file if given == "file" else given}'
  said = _refused(monkeypatch, capsys, model_dir, argument)
  assert 'line 2 is not UTF-8' in said


@pytest.mark.parametrize('output', ['/proc/out.jsonl', '{folder}'])
def test_an_output_that_cannot_be_written_stops_before_the_work(
  model_dir, tmp_path, monkeypatch, capsys, output
):
  def never(*_):
    raise AssertionError('answered before the output was opened')

  monkeypatch.setattr(answering, 'best', never)
  path = output.format(folder=tmp_path)
  said = _refused(
    monkeypatch, capsys, model_dir, '--question=Who?', f'--output={path}'
  )
  assert said.startswith(f'distill_jax.generate: {path}')


def test_the_plan_tells_what_would_be_written(model_dir, monkeypatch, capsys):
  _generate(monkeypatch, model_dir, '--question=Who?', '--dry_run')
  said = capsys.readouterr().out
  assert 'questions  1' in said
  assert 'a label of at most 6 tokens, a rationale of at most 8' in said
  assert 'phase' not in said


@pytest.mark.parametrize(
  ('argument', 'expected'),
  [
    ('--input=/nowhere', '--input=/nowhere: no such file'),
    ('--question=', '--question number 1'),
  ],
)
def test_a_dry_run_finds_missing_questions(
  model_dir, monkeypatch, capsys, argument, expected
):
  said = _refused(monkeypatch, capsys, model_dir, argument, '--dry_run')
  assert expected in said
