"""A decoder alone goes through everything that a T5 goes through."""

import json
import shutil

import numpy as np
import pytest

from distill_jax import evaluate, generate
from distill_jax.training import finished as finished_lib
from distill_jax.training import initial, loop, partition, runner
from tests.training import decoders, small


@pytest.fixture(scope='module')
def trained(data, tmp_path_factory):
  """The folder of a QCRD run: a critic, sampled negatives, accumulation."""
  folder = tmp_path_factory.mktemp('decoder') / 'run'
  loop.train(*decoders.load(folder, data, ACCUMULATE=2))
  return folder


def test_qcrd_with_negatives_learns_and_is_tested(trained):
  rows = small.losses(trained)
  nats = [row['label_nll'] for row in rows if 'label_nll' in row]
  assert np.isfinite(nats).all()
  assert nats[-1] < nats[0] - 0.2
  assert any(row.get('has_negative', 0) > 0 for row in rows)
  said = json.loads((trained / 'eval' / 'records.json').read_text())
  assert said['num_examples'] == 5


def test_a_killed_run_goes_on_as_if_it_had_not_been(
  trained, data, tmp_path, monkeypatch
):
  advance = runner.PhaseRunner.advance

  def killed(self, step, batch):
    if self.first_step + step == 14:
      raise small.Killed
    return advance(self, step, batch)

  folder = tmp_path / 'run'
  with monkeypatch.context() as patch, small.killed():
    patch.setattr(runner.PhaseRunner, 'advance', killed)
    loop.train(*decoders.load(folder, data, ACCUMULATE=2))
  loop.train(*decoders.load(folder, data, ACCUMULATE=2))
  small.assert_same_run(folder, trained)


@pytest.mark.slow
@pytest.mark.parametrize(
  ('files', 'bindings'),
  [
    (('methods/qcrd_students_encoder.gin',), {}),
    ((), {'opt.OptConfig.scan_layers': True, 'opt.OptConfig.remat': True}),
    ((), {'opt.OptConfig.norm_first': False, 'opt.OptConfig.token_dim': 8}),
  ],
)
def test_other_critics_and_other_forms(data, tmp_path, files, bindings):
  few = {'STEPS': 4, 'PRETRAINING_STEPS': 2, **bindings}
  loop.train(*decoders.load(tmp_path / 'run', data, *files, **few))
  assert (tmp_path / 'run' / 'eval' / 'records.json').exists()


def test_it_is_read_as_what_it_was_and_begins_another(trained, data, tmp_path):
  weights = finished_lib.read(finished_lib.epath.Path(trained))
  run, _ = decoders.load(tmp_path / 'run', data)
  assert weights.config == run.student.config
  start = initial.FromCheckpoint(path=str(trained))
  params = start.params(run.mesh.build(), run.student, None)
  stored = small.parameters(trained, 'best')
  for name, tensor in weights.tensors.items():
    key = ''.join(f"['{word}']" for word in ('student', *name.split('/')))
    np.testing.assert_array_equal(tensor.read(), stored[key])
  np.testing.assert_array_equal(
    params['layers_1']['wi']['kernel'],
    weights.tensors['layers_1/wi/kernel'].read(),
  )
  t5, _ = small.load(tmp_path / 't5', data)
  with pytest.raises(ValueError, match='of the kind OPT, expected T5 as in'):
    start.check(t5.student)
  assert partition.abstract_parameters(run.mesh.build(), run.student)


def test_evaluate_and_generate(trained, tmp_path, monkeypatch, capsys):
  folder = shutil.copytree(trained, tmp_path / 'run')
  arguments = [f'--model_dir={folder}', '--split=validation', '--rationales']
  monkeypatch.setattr('sys.argv', ['evaluate', *arguments])
  evaluate.main()
  rows = (folder / 'predictions' / 'records_validation.jsonl').read_text()
  assert all('rationale' in json.loads(row) for row in rows.splitlines())
  output = tmp_path / 'out.jsonl'
  monkeypatch.setattr(
    'sys.argv',
    [
      'generate',
      f'--model_dir={folder}',
      '--question=Who?',
      f'--output={output}',
    ],
  )
  generate.main()
  (row,) = map(json.loads, output.read_text().splitlines())
  assert {'label', 'rationale'} < row.keys()


def test_a_text_that_has_no_room_is_refused(data, tmp_path):
  run = decoders.load(
    tmp_path / 'run', data, **{'opt.OptConfig.num_positions': 24}
  )
  with pytest.raises(ValueError, match='expected at most num_positions = 24'):
    loop.train(*run)
