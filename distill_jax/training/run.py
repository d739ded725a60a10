"""A student's whole run as one object, which a gin file builds."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
from etils import epath

from distill_jax.critics import critic as critic_lib
from distill_jax.data import cached, usable
from distill_jax.data import loader as loader_lib
from distill_jax.data import rooms as rooms_lib
from distill_jax.data import source as source_lib
from distill_jax.evaluation import manners, reading
from distill_jax.retrieval import knowledge as knowledge_lib
from distill_jax.students import student as student_lib
from distill_jax.training import (
  augmented,
  dense_search,
  experiment,
  partition,
  trained_retriever,
)
from distill_jax.training import initial as initial_lib
from distill_jax.training import phases as phases_lib
from distill_jax.training import validation as validation_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run(experiment.Experiment):
  """An experiment with a student: networks, data and a list of phases.

  Attributes:
    source: questions, labels and rationales as tokens.
    student: the network that is distilled into.
    critic: the network that scores rationales, where the method has one.
    search: the dense retriever that is trained beside the student, as the
      network 'critic', where the method has one.
    ranker: that orders the passages of a question which is asked, where the
      source has knowledge; None for the retriever's order.
    manner: how the student comes to an answer, once it is trained.
    initial: the student's first parameters.
    critic_initial: the critic's first parameters.
  """

  best: ClassVar[str] = 'student'

  source: source_lib.Source
  student: student_lib.Student
  critic: critic_lib.Critic | None = None
  search: dense_search.DenseSearch | None = None
  ranker: reading.Ranker | None = None
  manner: manners.Manner = manners.Greedy()
  initial: initial_lib.Initial = initial_lib.FromScratch()
  critic_initial: initial_lib.Initial = initial_lib.FromScratch()

  def __post_init__(self):
    super().__post_init__()
    if self.ranker and not self.source.knowledge:
      raise ValueError(
        'Run.ranker orders passages and the source finds none; set '
        'Source.knowledge, or leave the ranker out.'
      )
    if self.search:
      augmented.check_settings(self)
    for phase in self.phases:
      if phase.trains('critic') and 'critic' not in self.networks:
        raise ValueError('A phase updates the critic, but Run.critic is None.')

  def check(self) -> None:
    """As every run, and refuses a reranker that is not there."""
    super().check()
    if self.ranker:
      self.ranker.check()

  def check_initials(self) -> None:
    """Refuses a run whose first parameters are not there.

    Raises:
      ValueError: if those of a network, or of the writer of negatives, are
        missing or of another network.
    """
    super().check_initials()
    for phase in self.phases:
      if phase.negatives and phase.negatives.writer:
        phase.negatives.writer.check(self.student)

  def check_data(self) -> None:
    """Refuses data without a rationale to learn from; builds the cache.

    Raises:
      ValueError: for that, or for unusable input.
    """
    split = cached.Split(self.source.build(), 'train')
    for phase in self.phases:
      usable.check(split, phase.candidates)
    if self.search:
      augmented.check_data(self, split)

  def open(self) -> cached.Split:
    """Returns the training split."""
    return self.source.open('train')

  def described(self) -> str:
    """Returns what the run learns from; see `examples.described`."""
    # Imported here, as below: what tests and describes a run knows the run.
    from distill_jax.training import examples

    searched = self.search.identified if self.search else ''
    return examples.described(self) + searched

  def loader(
    self, split: cached.Split, phase: phases_lib.Phase, seed: int
  ) -> experiment.Loader:
    """Returns the batches of a phase."""
    loader = loader_lib.Loader(
      split=split,
      batch_size=phase.batch_size,
      candidates=phase.candidates,
      seed=seed,
    )
    return augmented.loader(self, split, loader) if self.search else loader

  def ladder(
    self,
    loader: experiment.Loader,
    phase: phases_lib.Phase,
    mesh: jax.sharding.Mesh,
  ) -> rooms_lib.Ladder | None:
    """Returns the ladder of a phase whose batches are those of a student."""
    if not isinstance(loader, loader_lib.Loader):
      return None
    if not self.student.leaves_padding_out:
      return None  # or every room would be compiled anew, and nothing saved
    return rooms_lib.Ladder(
      loader,
      parts=mesh.shape['data'],
      accumulate=phase.accumulate,
      written=phase.negatives.num if phase.negatives else 0,
    )

  def validator(self, mesh: jax.sharding.Mesh) -> validation_lib.Validator:
    """Returns what measures student and critic."""
    if self.search:
      return augmented.Validator(self, mesh)
    return validation_lib.Validator(
      self.validation, self.source, self.student, self.critic, mesh
    )

  def constants(self, mesh: jax.sharding.Mesh) -> dict[str, Any]:
    """Returns the passages that a dense retriever searches."""
    if not self.search:
      return {}
    return {'passages': self.search.table(self.embeddings(mesh), mesh)}

  def embeddings(self, mesh: jax.sharding.Mesh) -> Any:
    """Returns the vectors of these passages, which stay the same."""
    if 'embeddings' not in self._kept:
      self._kept['embeddings'] = augmented.embeddings(self, mesh)
    return self._kept['embeddings']

  @functools.cached_property
  def _kept(self) -> dict[str, Any]:
    return {}

  @property
  def knowledge(self) -> knowledge_lib.Knowledge | None:
    """Where the passages beside an asked question come from."""
    if not self.search:
      return self.source.knowledge
    return self.search.knowledge(
      trained_retriever.TrainedRetriever(
        engine=self.search, path=self.model_dir, mesh=self.mesh
      )
    )

  @property
  def kept(self) -> tuple[str, ...]:
    """The student, and the encoder of questions that it was validated with."""
    return ('student', 'critic') if self.search else ('student',)

  def vocabulary_of(self, name: str) -> Any:
    """Returns the vocabulary whose ids a network reads."""
    if self.search and name == 'critic':
      return self.search.vocabulary
    return self.source.vocabulary

  def rank(self, values: Mapping[str, float]) -> tuple[float, ...]:
    """Returns the accuracy; of equal ones fewer nats per label token win."""
    return values['accuracy'], -values['label_nll']

  def test(self, folder: epath.Path) -> None:
    """Lets the best student answer the test splits, and judges the critic."""
    from distill_jax.training import testing

    testing.test(self)
    if self.critic and self.phases:
      testing.measure_critic(self, folder)

  @property
  def networks(self) -> dict[str, partition.Network]:
    """The networks by name."""
    critic = self.search.encoder if self.search else self.critic
    beside = {} if critic is None else {'critic': critic}
    return {'student': self.student, **beside}

  @property
  def initials(self) -> dict[str, initial_lib.Initial]:
    """Where each network's first parameters come from, by name."""
    return {'student': self.initial, 'critic': self.critic_initial}

  @property
  def teaches_rationales(self) -> bool:
    """Whether the student is ever shown a rationale to learn.

    One that is not trained here writes what its prompts ask for.
    """
    if not self.phases:
      return not self.source.prompts.label_alone
    return any(
      getattr(update.objective, 'learns_rationales', True)
      for phase in self.phases
      for update in phase.updates
      if update.network == 'student'
    )

  def _knowledge_rows(self) -> list[str]:
    if self.search:
      return [f'knowledge  {self.search.describe()}']
    knowledge = self.source.knowledge
    if knowledge is None:
      return []
    found = f'the best {knowledge.k:,} of each query'
    if self.ranker:
      found += f', in testing of {knowledge.candidates:,} that are reranked'
    return [f'knowledge  {knowledge.retriever.describe()}; {found}']

  def plan(self) -> str:
    """Returns what the run would do, without doing it."""
    limits = self.source.lengths
    return '\n'.join(
      [
        f'run        {self.model_dir}',
        f'data       {self.source.task}, cache {self.source.cache_dir}',
        *self._knowledge_rows(),
        *self.network_rows(),
        (
          f'tokens     at most {limits.inputs:,} in an input, '
          f'{limits.label:,} in a label, {limits.rationale:,} in a rationale'
        ),
        *self.phase_rows(limits.inputs),
      ]
    )
