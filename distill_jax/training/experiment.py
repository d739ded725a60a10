"""What every run has: networks, data, phases, and checks that they fit."""

import abc
import dataclasses
import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol

import jax
from etils import epath

from distill_jax.training import checkpoints as checkpoints_lib
from distill_jax.training import finished, opening, partition
from distill_jax.training import initial as initial_lib
from distill_jax.training import phases as phases_lib
from distill_jax.training import validation as validation_lib

_log = logging.getLogger(__name__)


class Loader(Protocol):
  """Batches of a phase, in an order that is a function of the step."""

  def batch(self, step: int) -> Any:
    """Returns the batch of a step, as numpy arrays."""
    ...

  def prefetch(self, first_step: int = 0) -> Iterator[tuple[int, Any]]:
    """Yields (step, batch) without end."""
    ...


class Ladder(Protocol):
  """Says how many tokens the arrays of a batch hold."""

  def fit(self, batch: Any) -> Any:
    """Returns the batch with its rooms."""
    ...


class Validator(Protocol):
  """What measures the networks of a run on validation questions."""

  def measure(
    self, network: str, params: Mapping[str, Any]
  ) -> validation_lib.Metrics:
    """Returns the metrics of one network.

    Args:
      network: its name.
      params: parameters of all networks by name.
    """
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment(abc.ABC):
  """A list of phases over one stream of batches; `loop.train` goes through it.

  Attributes:
    best: name of the network whose best parameters are kept.
    model_dir: the run's folder, local or `gs://`.
    phases: what is trained, in order; none to take the best network as it
      begins and to test it.
    validation: how often, and on how much, the run is validated.
    checkpoints: how often the run is saved.
    mesh: the devices.
    log_every: steps from one line of `metrics.jsonl` to the next.
    max_skipped: updates of a network that may be skipped in the whole run,
      since their gradient has no finite norm; one more stops it.
    seed: of parameters, order, dropout and samples.
  """

  best: ClassVar[str]

  model_dir: str
  phases: tuple[phases_lib.Phase, ...]
  validation: validation_lib.Validation = validation_lib.Validation()
  checkpoints: checkpoints_lib.Checkpoints = checkpoints_lib.Checkpoints()
  mesh: partition.Mesh = partition.Mesh()
  log_every: int = 50
  max_skipped: int = 10
  seed: int = 0

  def __post_init__(self):
    kind = type(self).__name__
    if not self.model_dir:
      raise ValueError(
        f'{kind}.model_dir is empty; name the folder of the run by '
        '--gin.MODEL_DIR=/path/to/run.'
      )
    if not 0 <= self.seed < 2**31:
      raise ValueError(
        f'{kind}.seed is {self.seed}, expected at least 0 and less than 2**31.'
      )
    if self.log_every < 1 or self.max_skipped < 0:
      raise ValueError(
        f'{kind}: log_every is {self.log_every} and max_skipped '
        f'{self.max_skipped}, expected at least 1 and 0.'
      )

  @property
  def kept(self) -> tuple[str, ...]:
    """Names of the networks in `best/`: the best, and what it is used with."""
    return (self.best,)

  @property
  @abc.abstractmethod
  def networks(self) -> dict[str, partition.Network]:
    """The networks by name."""

  @property
  @abc.abstractmethod
  def initials(self) -> dict[str, initial_lib.Initial]:
    """Where each network's first parameters come from, by name."""

  @abc.abstractmethod
  def check_data(self) -> None:
    """Refuses data that nothing can be learnt from; builds the cache.

    Raises:
      ValueError: if some phase finds nothing to learn, or for unusable input.
    """

  @abc.abstractmethod
  def open(self) -> Any:
    """Returns the training split."""

  @abc.abstractmethod
  def described(self) -> str:
    """Returns what the run learns from, a line for each thing that decides.

    Equal texts mean equal tokens, wherever the files lie.
    """

  @abc.abstractmethod
  def loader(self, split: Any, phase: phases_lib.Phase, seed: int) -> Loader:
    """Returns the batches of a phase.

    Args:
      split: what `open` returned.
      phase: one of the phases.
      seed: of the order.
    """

  @abc.abstractmethod
  def validator(self, mesh: jax.sharding.Mesh) -> Validator:
    """Returns what measures the networks."""

  @abc.abstractmethod
  def rank(self, values: Mapping[str, float]) -> tuple[float, ...]:
    """Returns what is larger the better the metrics of `best` are."""

  def about(self) -> dict[str, Any]:
    """Returns what the best checkpoint says of the network."""
    return finished.about(self.networks[self.best])

  @abc.abstractmethod
  def test(self, folder: epath.Path) -> None:
    """Writes the last word on a trained run into its folder."""

  @abc.abstractmethod
  def plan(self) -> str:
    """Returns what the run would do, without doing it."""

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
      own = self.vocabulary_of(name)
      difference = theirs and own.difference(theirs)
    except ValueError as error:
      _log.warning('The tokenizer of %s is not compared: %s', path, error)
      return
    if difference:
      raise ValueError(
        f'The {name} begins as {path}, whose vocabulary is not '
        f'{own.path}: {difference}; set '
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
      _check_vocabulary(name, network, self.vocabulary_of(name).size)

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

  def vocabulary_of(self, name: str) -> Any:
    """Returns the vocabulary whose ids a network reads."""
    del name
    return self.source.vocabulary

  def initial_params(self, mesh: jax.sharding.Mesh) -> dict[str, Any]:
    """Returns the parameters of a run that begins, by network."""
    return {name: self.initial_of(name, mesh) for name in self.networks}

  def initial_of(self, name: str, mesh: jax.sharding.Mesh) -> Any:
    """Returns the parameters that a network begins with."""
    keys = jax.random.split(jax.random.key(self.seed), 2)
    key = keys[list(self.networks).index(name)]
    return self.initials[name].params(mesh, self.networks[name], key)

  def constants(self, mesh: jax.sharding.Mesh) -> dict[str, Any]:
    """Returns arrays that objectives read and nothing moves, by name.

    They stand beside the parameters of the networks, and in no checkpoint.
    """
    del mesh
    return {}

  def ladder(
    self, loader: Loader, phase: phases_lib.Phase, mesh: jax.sharding.Mesh
  ) -> Ladder | None:
    """Returns what fits the batches of a phase; None works on padding too."""
    del loader, phase, mesh

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

  def network_rows(self) -> list[str]:
    """Returns the lines of `plan` on the networks."""
    rows = []
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
    return rows

  def phase_rows(self, width: int) -> list[str]:
    """Returns the lines of `plan` on the phases.

    Args:
      width: tokens of input of one row of a batch, at most.
    """
    return [
      f'phase {number}    {phase.steps:,} steps of {phase.batch_size} '
      f'questions, at most {phase.batch_size * width:,} tokens of input: '
      + ', '.join(
        f'{update.network} by {type(update.objective).__name__} '
        f'({update.count(phase.steps):,} updates)'
        for update in phase.updates
      )
      for number, phase in enumerate(self.phases, start=1)
    ]


def _check_vocabulary(name: str, network: object, size: int) -> None:
  config = getattr(network, 'config', None)
  rows = getattr(config, 'vocab_size', None)
  if rows is None:
    return
  if rows < size:
    raise ValueError(
      f'The {name} has an embedding of {rows} rows and the vocabulary {size} '
      f'pieces; set its {type(config).__name__}.vocab_size to at least {size}.'
    )
  limit = getattr(network, 'vocab_limit', size)  # a critic writes nothing
  written = rows if limit is None else limit
  if written != size:
    raise ValueError(
      f'The {name} may write ids below {written} (its vocab_limit is {limit}) '
      f'and the vocabulary has {size}; set --gin.VOCAB_LIMIT={size}.'
    )
