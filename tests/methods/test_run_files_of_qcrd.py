"""QCRD's rows as run files: each adds one part to the row before."""

import pytest

from distill_jax.cli import loading
from distill_jax.critics import students_encoder
from distill_jax.data import candidates
from distill_jax.losses import schemes
from distill_jax.methods import quality
from distill_jax.training import initial


def _run(name, *more, **macros):
  given = list(macros.items())
  return loading.load([name, *more], given, dry_run=True)[0]


def _last(run):
  """Returns the phase in which the student learns, and its objective."""
  phase = run.phases[-1]
  (update,) = [one for one in phase.updates if one.network == 'student']
  return phase, update.objective


@pytest.mark.parametrize('size', ['tiny', 't5base'])
def test_ed_has_voted_positives_and_neither_negatives_nor_critic(size):
  run = _run(f'qcrd_ed_{size}.gin', **_FILES[size])
  phase, objective = _last(run)
  assert run.critic is None
  assert len(run.phases) == 1
  assert phase.candidates.num_positives > 1
  assert phase.candidates.num_negatives == 0
  assert phase.negatives is None
  assert objective.quality == quality.Trusted()
  assert objective.scheme == schemes.MinMax()


@pytest.mark.parametrize('size', ['tiny', 't5base'])
def test_nk_adds_negatives_of_teacher_and_earlier_student(size):
  run = _run(f'qcrd_nk_{size}.gin', **_FILES[size])
  phase, objective = _last(run)
  assert run.critic is None
  assert phase.candidates.num_negatives > 0
  assert (phase.negatives.lag, phase.negatives.temperature) == (5, 1.5)
  assert objective.quality == quality.Trusted()


def test_qj_adds_the_judge_and_leaves_the_rest():
  before, own = _last(_run('qcrd_nk_tiny.gin'))
  run = _run('qcrd_tiny.gin')
  after, judged = _last(run)
  assert judged.quality == quality.Judged(critic=run.critic)
  assert after.negatives == before.negatives
  assert after.candidates == before.candidates
  for name in ('label_weight', 'contrastive_weight', 'negative_weight'):
    assert getattr(judged, name) == getattr(own, name)


def test_the_control_draws_one_of_all_samples():
  phase, _ = _last(_run('dss_random_tiny.gin', SEED='3'))
  assert phase.candidates == candidates.RandomOne(seed=3)


@pytest.mark.parametrize('lag', [3, 5, 10])
def test_negatives_from_so_many_iterations_back(lag):
  phase, _ = _last(_run('qcrd_tiny.gin', LAG=str(lag)))
  assert phase.negatives.lag == lag


def test_negatives_of_the_teachers_minority_alone():
  phase, _ = _last(_run('qcrd_tiny.gin', STUDENT_NEGATIVES='None'))
  assert phase.negatives is None
  assert phase.candidates.num_negatives == 1


def test_negatives_of_a_fixed_student():
  fixed = 'methods/qcrd_fixed_negatives.gin'
  run = _run('qcrd_tiny.gin', fixed, NEGATIVES_CHECKPOINT='/dss')
  phase, _ = _last(run)
  assert phase.negatives.writer == initial.FromCheckpoint(path='/dss')
  assert phase.negatives.periods_to_write(0, 600) == [0]


@pytest.mark.parametrize('size', ['tiny', 't5base'])
def test_a_discriminator_on_the_students_encoder(size):
  overlay = 'methods/qcrd_students_encoder.gin'
  run = _run(f'qcrd_{size}.gin', overlay, **_FILES[size])
  own = _run(f'qcrd_{size}.gin', **_FILES[size])
  assert run.critic == students_encoder.StudentsEncoder(
    student=run.student, hidden_dim=own.critic.hidden_dim
  )
  assert run.critic_initial == initial.FromScratch()
  (pretraining,) = run.phases[0].updates
  phase, judged = _last(run)
  assert pretraining.objective.discrimination.critic == run.critic
  assert phase.updates[-1].objective.critic == run.critic
  assert judged.quality == quality.Judged(critic=run.critic)
  assert run.student == own.student


@pytest.mark.parametrize(
  'scheme',
  [schemes.MaxMin, schemes.Sampling, schemes.Mean, schemes.WeightedMean],
)
def test_schemes_are_a_macro(scheme):
  run = _run('qcrd_tiny.gin', SCHEME=f'@schemes.{scheme.__name__}()')
  assert _last(run)[1].scheme == scheme()


_FILES = {
  'tiny': {},
  't5base': {'DATA_DIR': '/data', 'VOCABULARY': 'embedded'},
}
