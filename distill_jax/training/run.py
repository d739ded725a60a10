"""A whole run as one object, which a gin file builds."""

import dataclasses
import logging
import math

import jax

from distill_jax.critics import critic as critic_lib
from distill_jax.data import source as source_lib
from distill_jax.evaluation import manners, reading
from distill_jax.students import student as student_lib
from distill_jax.training import checkpoints as checkpoints_lib
from distill_jax.training import initial as initial_lib
from distill_jax.training import opening, partition
from distill_jax.training import phases as phases_lib
from distill_jax.training import validation as validation_lib

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
  """An experiment: networks, data and a list of phases.

  Attributes:
    model_dir: the run's folder, local or `gs://`.
    source: questions, labels and rationales as tokens.
    student: the network that is distilled into.
    phases: what is trained, in order.
    critic: the network that scores rationales, where the method has one.
    ranker: that orders the passages of a question which is asked, where the
      source has knowledge; None for the retriever's order.
    manner: how the student comes to an answer, once it is trained.
    initial: the student's first parameters.
    critic_initial: the critic's first parameters.
    validation: how often, and on how much, the run is validated.
    checkpoints: how often the run is saved.
    mesh: the devices.
    log_every: steps from one line of `metrics.jsonl` to the next.
    seed: of parameters, order, dropout and samples.
  """

  model_dir: str
  source: source_lib.Source
  student: student_lib.Student
  phases: tuple[phases_lib.Phase, ...]
  critic: critic_lib.Critic | None = None
  ranker: reading.Ranker | None = None
  manner: manners.Manner = manners.Greedy()
  initial: initial_lib.Initial = initial_lib.FromScratch()
  critic_initial: initial_lib.Initial = initial_lib.FromScratch()
  validation: validation_lib.Validation = validation_lib.Validation()
  checkpoints: checkpoints_lib.Checkpoints = checkpoints_lib.Checkpoints()
  mesh: partition.Mesh = partition.Mesh()
  log_every: int = 50
  seed: int = 0

  def __post_init__(self):
    if not self.phases:
      raise ValueError('Run.phases is empty, expected at least one Phase.')
    if not self.model_dir:
      raise ValueError(
        'Run.model_dir is empty; name the folder of the run by '
        '--gin.MODEL_DIR=/path/to/run.'
      )
    if not 0 <= self.seed < 2**31:
      raise ValueError(
        f'Run.seed is {self.seed}, expected at least 0 and less than 2**31.'
      )
    if self.log_every < 1:
      raise ValueError(
        f'Run.log_every is {self.log_every}, expected at least 1.'
      )
    if self.ranker and not self.source.knowledge:
      raise ValueError(
        'Run.ranker orders passages and the source finds none; set '
        'Source.knowledge, or leave the ranker out.'
      )
    if self.critic is None and any(p.trains('critic') for p in self.phases):
      raise ValueError('A phase updates the critic, but Run.critic is None.')

  def check(self) -> None:
    """Refuses what can be refused before any work.

    Raises:
      ValueError: if a setting does not hold here, or the networks do not fit
        the vocabulary.
    """
    self.check_settings()
    self.check_vocabulary()

  def check_initials(self) -> None:
    """Refuses a run whose first parameters are not there.

    A run that goes on from a checkpoint needs none.

    Raises:
      ValueError: if initial parameters are missing, or of another network.
    """
    for name in self.networks:
      self.check_initial(name)
      self.check_ids(name)
    for phase in self.phases:
      if phase.negatives and phase.negatives.writer:
        phase.negatives.writer.check(self.student)

  def check_initial(self, name: str) -> None:
    """Refuses a network that cannot begin as it is to; see check_initials."""
    self.initials[name].check(self.networks[name])

  def check_ids(self, name: str) -> None:
    """Refuses trained parameters whose ids mean other pieces.

    Raises:
      ValueError: if the checkpoint brings a vocabulary, and it is another one.
    """
    path = getattr(self.initials[name], 'path', None)
    try:
      theirs = path and opening.vocabulary(path)
      difference = theirs and self.source.vocabulary.difference(theirs)
    except ValueError as error:
      _log.warning('The tokenizer of %s is not compared: %s', path, error)
      return
    if difference:
      raise ValueError(
        f'The {name} begins as {path}, whose vocabulary is not '
        f'{self.source.vocabulary.path}: {difference}; set '
        f'--gin.VOCABULARY={path}.'
      )

  def check_settings(self) -> None:
    """Refuses what can be refused without looking at any file.

    Raises:
      ValueError: if the data set lacks the validation split, or the devices
        cannot hold the mesh or cannot share a batch.
    """
    splits = self.source.data_set.splits
    if self.validation.split not in splits:
      raise ValueError(
        f'Validation.split is {self.validation.split!r}, expected one of '
        f'{", ".join(splits)}.'
      )
    self._check_mesh()

  def check_vocabulary(self) -> None:
    """Refuses networks that do not fit the vocabulary.

    Raises:
      ValueError: for that, or if the vocabulary cannot be read.
    """
    for name, network in self.networks.items():
      _check_vocabulary(name, network, self.source.vocabulary.size)

  def _check_mesh(self) -> None:
    data = self.mesh.build().shape['data']
    for number, phase in enumerate(self.phases, start=1):
      rows = phase.batch_size // phase.accumulate
      if rows % data:
        raise ValueError(
          f'Phase {number}: {rows} questions (batch_size / accumulate) cannot '
          f'be cut into {data} equal parts, one per device along the data '
          'axis; set Phase.batch_size or Mesh.data.'
        )

  @property
  def networks(self) -> dict[str, partition.Network]:
    """The networks by name."""
    critic = {} if self.critic is None else {'critic': self.critic}
    return {'student': self.student, **critic}

  @property
  def initials(self) -> dict[str, initial_lib.Initial]:
    """Where each network's first parameters come from, by name."""
    return {'student': self.initial, 'critic': self.critic_initial}

  @property
  def teaches_rationales(self) -> bool:
    """Whether the student is ever shown a rationale to learn."""
    return any(
      getattr(update.objective, 'learns_rationales', True)
      for phase in self.phases
      for update in phase.updates
      if update.network == 'student'
    )

  @property
  def steps(self) -> int:
    """Steps of all phases."""
    return sum(phase.steps for phase in self.phases)

  def phase_at(self, step: int) -> int:
    """Returns the number of the phase in which step `step` (from 1) lies.

    Step 0, before anything was done, lies in the first phase.
    """
    return next(
      number
      for number in range(len(self.phases))
      if step <= self.first_step(number + 1)
    )

  def first_step(self, number: int) -> int:
    """Returns the steps done before phase `number` begins."""
    return sum(phase.steps for phase in self.phases[:number])

  def plan(self) -> str:
    """Returns what the run would do, without doing it."""
    rows = [
      f'run        {self.model_dir}',
      f'data       {self.source.task}, cache {self.source.cache_dir}',
    ]
    for name, network in self.networks.items():
      sizes = jax.tree.leaves(jax.eval_shape(network.init, jax.random.key(0)))
      count = sum(math.prod(leaf.shape) for leaf in sizes)
      state = 4 * 4 * count  # parameter, gradient and two moments in float32
      rows.append(
        f'{name:10} {count:,} parameters; {state / 2**30:.2f} GiB with '
        'gradients and moments'
      )
      start = getattr(self.initials[name], 'path', None)
      if start:
        rows.append(f'{"":10} begins as {start}')
    limits = self.source.lengths
    rows.append(
      f'tokens     at most {limits.inputs:,} in an input, '
      f'{limits.label:,} in a label, {limits.rationale:,} in a rationale'
    )
    for number, phase in enumerate(self.phases, start=1):
      moved = ', '.join(
        f'{update.network} by {type(update.objective).__name__} '
        f'({update.count(phase.steps):,} updates)'
        for update in phase.updates
      )
      rows.append(
        f'phase {number}    {phase.steps:,} steps of {phase.batch_size} '
        f'questions, at most '
        f'{phase.batch_size * limits.inputs:,} tokens of input: {moved}'
      )
    return '\n'.join(rows)


def _check_vocabulary(name: str, network: object, size: int) -> None:
  config = getattr(network, 'config', None)
  rows = getattr(config, 'vocab_size', None)
  if rows is None:
    return
  if rows < size:
    raise ValueError(
      f'The {name} has an embedding of {rows} rows and the vocabulary {size} '
      f'pieces; set its T5Config.vocab_size to at least {size}.'
    )
  limit = getattr(network, 'vocab_limit', size)  # a critic writes nothing
  written = rows if limit is None else limit
  if written != size:
    raise ValueError(
      f'The {name} may write ids below {written} (its vocab_limit is {limit}) '
      f'and the vocabulary has {size}; set --gin.VOCAB_LIMIT={size}.'
    )
