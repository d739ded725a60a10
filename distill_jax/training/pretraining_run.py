"""A student's pre-training on a corpus, which a gin file builds."""

import dataclasses
import functools
import hashlib
import itertools
import json
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
from etils import epath

from distill_jax import batch as batch_lib
from distill_jax.data import (
  corpus_loader,
  corpus_source,
  corpus_split,
  span_corruption,
)
from distill_jax.evaluation import predictions
from distill_jax.losses import mean
from distill_jax.methods import finetune
from distill_jax.students import student as student_lib
from distill_jax.training import best as best_lib
from distill_jax.training import experiment, finished, metrics, partition
from distill_jax.training import initial as initial_lib
from distill_jax.training import phases as phases_lib

_log = logging.getLogger(__name__)

_STUDENT = 'student'


@dataclasses.dataclass(frozen=True, kw_only=True)
class PretrainingRun(experiment.Experiment):
  """Teaches a student to fill in the spans that were taken out of passages.

  The best one has fewest nats per token on held-out passages; other runs begin
  with it by INITIAL_CHECKPOINT.

  Source: arXiv:1910.10683, section 3.1.4; as domain-adaptive pre-training
  before distillation, arXiv:2305.18395, section 5.

  Attributes:
    source: the passages.
    student: the network.
    corruption: what is taken out.
    initial: the student's first parameters.
  """

  best: ClassVar[str] = _STUDENT

  source: corpus_source.CorpusSource
  student: student_lib.Student
  corruption: span_corruption.SpanCorruption = span_corruption.SpanCorruption()
  initial: initial_lib.Initial = initial_lib.FromScratch()

  def __post_init__(self):
    super().__post_init__()
    for number, phase in enumerate(self.phases, start=1):
      if phase.negatives or phase.trains('critic'):
        raise ValueError(
          f'Phase {number}: pre-training has neither a critic nor negatives; '
          "leave Phase.negatives out and update 'student' alone."
        )
    _, spans = self.corruption.counts(self.source.length)
    if self.source.vocabulary.extra_ids < spans:
      raise ValueError(
        f'Up to {spans} spans are taken out of {self.source.length} tokens, '
        'expected as many sentinels, and the vocabulary has '
        f'{self.source.vocabulary.extra_ids}; set --gin.EXTRA_IDS={spans} or '
        'more, or lower CorpusSource.length.'
      )

  @property
  def networks(self) -> dict[str, partition.Network]:
    """The student, by its name."""
    return {_STUDENT: self.student}

  @property
  def initials(self) -> dict[str, initial_lib.Initial]:
    """Where its first parameters come from."""
    return {_STUDENT: self.initial}

  def check_settings(self) -> None:
    """Refuses a mesh that does not fit; there are no splits to choose."""
    self._check_mesh()

  def check_data(self) -> None:
    """Builds the cache, which refuses a corpus of which nothing is left."""
    self.open()

  def open(self) -> corpus_split.CorpusSplit:
    """Returns the passages to learn from."""
    return self.source.open('train')

  def described(self) -> str:
    """Returns a line for what the tokens are made of."""
    facts = json.dumps(self.source.facts, sort_keys=True).encode()
    return f'corpus: {hashlib.sha256(facts).hexdigest()[:16]}\n'

  def loader(
    self, split: corpus_split.CorpusSplit, phase: phases_lib.Phase, seed: int
  ) -> corpus_loader.CorpusLoader:
    """Returns the batches of a phase."""
    return self._loader(split, phase.batch_size, seed)

  def _loader(
    self, split: corpus_split.CorpusSplit, batch_size: int, seed: int
  ) -> corpus_loader.CorpusLoader:
    vocabulary = self.source.vocabulary
    return corpus_loader.CorpusLoader(
      split=split,
      batch_size=batch_size,
      corruption=self.corruption,
      last_sentinel=vocabulary.size - 1,
      eos_id=vocabulary.eos_id,
      seed=seed,
    )

  def validator(self, mesh: jax.sharding.Mesh) -> '_Validator':
    """Returns what measures the nats of held-out passages."""
    settings, split = self.validation, self.source.open('validation')
    loader = self._loader(split, settings.batch_size, 0)
    return _Validator(self.student, loader, settings.max_examples, mesh)

  def rank(self, values: Mapping[str, float]) -> best_lib.Rank:
    """Returns the negative nats per token."""
    return (-values['nll'],)

  def test(self, folder: epath.Path) -> None:
    """Writes `eval/pretraining.json`: how well the best one fills in."""
    mesh = self.mesh.build()
    like = partition.abstract_parameters(mesh, self.student)
    step, params = finished.load(folder, like)
    values = self.validator(mesh).measure(_STUDENT, {_STUDENT: params})
    predictions.write_text(
      folder / 'eval' / 'pretraining.json',
      json.dumps({'step': step, **values}, indent=2) + '\n',
    )
    _log.info('held-out passages: %s', metrics.shown(values))

  def plan(self) -> str:
    """Returns what the run would do, without doing it."""
    source, taken = self.source, self.corruption
    return '\n'.join(
      [
        f'run        {self.model_dir}',
        f'corpus     {source.corpus.path}, cache {source.cache_dir}',
        f'corruption {taken.rate:.0%} in spans of {taken.mean_length:g} tokens',
        *self.network_rows(),
        f'tokens     at most {source.length:,} of a passage',
        *self.phase_rows(source.length),
      ]
    )


class _Validator:
  """Nats per token of what was taken out of held-out passages."""

  def __init__(
    self,
    student: student_lib.Student,
    loader: corpus_loader.CorpusLoader,
    limit: int | None,
    mesh: jax.sharding.Mesh,
  ):
    self._objective = finetune.Finetune(student=student)
    self._loader, self._limit = loader, limit
    self._place = functools.partial(partition.put_batch, mesh)

  def measure(
    self, network: str, params: Mapping[str, Any]
  ) -> dict[str, float]:
    """Returns `nll`, in nats per token; see `experiment.Validator`."""
    size = self._loader.batch_size
    batches = None if self._limit is None else -(-self._limit // size)
    meter = metrics.Meter()
    own = {network: params[network]}
    for batch in itertools.islice(self._loader.evaluation(), batches):
      meter.add(_terms(self._objective, own, self._place(batch)))
    return {'nll': meter.take()['label_nll']}


@functools.partial(jax.jit, static_argnums=0)
def _terms(
  objective: finetune.Finetune,
  params: Mapping[str, Any],
  batch: batch_lib.Batch,
) -> mean.Terms:
  return objective(params, batch, None)
