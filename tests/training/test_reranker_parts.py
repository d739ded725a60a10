"""Which network, beginning and loss the parts of a reranker amount to."""

import jax
import pytest

from distill_jax import evaluate, generate
from distill_jax.cli import loading
from distill_jax.critics import adapted, cross_encoder, dense, reranker
from distill_jax.losses import listwise
from distill_jax.training import initial, partition
from tests.critics import rerankers

_CROSS = 'parts/cross_encoder.gin'
_LORA = 'parts/lora.gin'
_FITTING = {'Lengths.question': '255', 'Lengths.passage': '254'}


def _run(*files, **given):
  return loading.load(
    files, list(given.items()), dry_run=True, others=loading.OTHERS
  )[0]


def _networks(critic):
  """Returns the kinds of a critic and of what LoRA goes around in it."""
  beneath = critic.critic if isinstance(critic, adapted.Adapted) else None
  return type(critic), beneath and type(beneath)


@pytest.mark.parametrize(
  ('files', 'kinds', 'begin'),
  [
    (
      ['reranker_linkbert.gin'],
      (adapted.Adapted, reranker.Reranker),
      initial.Beneath,
    ),
    (
      ['reranker_linkbert.gin', _CROSS],
      (adapted.Adapted, cross_encoder.CrossEncoder),
      initial.Beneath,
    ),
    (
      ['reranker_linkbert_full.gin'],
      (reranker.Reranker, None),
      initial.EncoderFromCheckpoint,
    ),
    (
      ['reranker_linkbert_full.gin', _CROSS],
      (cross_encoder.CrossEncoder, None),
      initial.EncoderFromCheckpoint,
    ),
    (
      ['reranker_tiny.gin', _CROSS, _LORA],
      (adapted.Adapted, cross_encoder.CrossEncoder),
      initial.FromScratch,
    ),
    (
      ['reranker_tiny.gin', _LORA, _CROSS],
      (adapted.Adapted, cross_encoder.CrossEncoder),
      initial.FromScratch,
    ),
    (['dense_tiny.gin'], (dense.DenseEncoder, None), initial.FromScratch),
  ],
)
def test_networks_and_beginnings(files, kinds, begin):
  run = _run(*files, **_FITTING)
  assert _networks(run.critic) == kinds
  assert type(run.critic_initial) is begin
  assert run.phases[0].updates[0].objective.critic == run.critic
  run.check_settings()


def test_a_pair_that_is_longer_than_the_positions_is_refused():
  run = _run('reranker_linkbert.gin', _CROSS)
  with pytest.raises(ValueError, match=r'767 tokens .* the 512 positions'):
    run.check_settings()


@pytest.mark.parametrize(
  ('file', 'given', 'loss', 'tau2'),
  [
    ('reranker_tiny.gin', {}, listwise.divergence, 1.0),
    ('reranker_tiny.gin', {'TAU2': '7.0'}, listwise.divergence, 7.0),
    (
      'reranker_tiny.gin',
      {'LOSS': '@listwise.cross_entropy', 'TAU2': '7.0'},
      listwise.cross_entropy,
      7.0,
    ),
    ('dense_tiny.gin', {}, listwise.cross_entropy, 1.0),
  ],
)
def test_the_temperature_is_that_of_the_chosen_loss(file, given, loss, tau2):
  found = _run(file, **given).phases[0].updates[0].objective.loss
  assert found.func is loss
  assert found.keywords == {'tau2': tau2}


def test_beneath_is_for_lora_alone():
  begin = initial.Beneath(initial=initial.FromScratch())
  network = cross_encoder.CrossEncoder(encoder=rerankers.T5)
  said = 'here is CrossEncoder, expected adapted.Adapted; lay parts/lora.gin'
  with pytest.raises(ValueError, match=said):
    begin.check(network)
  with pytest.raises(ValueError, match=said):
    begin.params(partition.Mesh().build(), network, jax.random.key(0))


@pytest.mark.parametrize('entry', [generate, evaluate])
@pytest.mark.parametrize(
  ('file', 'kind'),
  [
    ('reranker_tiny.gin', 'RankingRun'),
    ('pretrain_tiny.gin', 'PretrainingRun'),
  ],
)
def test_a_run_without_a_student_answers_nothing(
  tmp_path, monkeypatch, capsys, entry, file, kind
):
  given = [('MODEL_DIR', str(tmp_path))]
  _, text = loading.load([file], given, others=loading.OTHERS)
  (tmp_path / 'config.gin').write_text(text)
  monkeypatch.setattr('sys.argv', ['entry', f'--model_dir={tmp_path}'])
  with pytest.raises(SystemExit):
    entry.main()
  (line,) = capsys.readouterr().err.splitlines()
  assert f'{tmp_path} describes a {kind}, which distill_jax.train alone' in line
