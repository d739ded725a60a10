"""An experiment is a list of phases; a phase is some updates for some steps."""

import dataclasses
from collections.abc import Callable

from distill_jax.data import candidates as candidates_lib
from distill_jax.data import passage_sampling
from distill_jax.methods import method
from distill_jax.training import negatives as negatives_lib
from distill_jax.training import optimizers


@dataclasses.dataclass(frozen=True, kw_only=True)
class Constant:
  """The same factor at every step."""

  value: float = 1.0

  def __call__(self, step: int) -> float:
    """Returns the factor of step `step` of the phase."""
    return self.value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decay:
  """initial * factor^(completed periods): a3 of QCRD (arXiv:2405.13014).

  Attributes:
    initial: factor in the first period.
    factor: multiplied in after every period.
    period: steps of a period, QCRD's iteration.
  """

  initial: float = 0.5
  factor: float = 0.9
  period: int = 250

  def __post_init__(self):
    if self.period < 1:
      raise ValueError(
        f'Decay.period is {self.period}, expected at least 1 step.'
      )
    if not (self.initial >= 0 and self.factor >= 0):
      raise ValueError(
        f'Decay.initial is {self.initial} and factor {self.factor}, expected '
        'at least 0.'
      )

  def __call__(self, step: int) -> float:
    """Returns the factor of step `step` (from 0) of the phase."""
    return self.initial * self.factor ** (step // self.period)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Update:
  """One optimizer moves one network on one objective.

  The gradient is taken in the network's own parameters; all others are
  constants.

  Attributes:
    network: 'student' or 'critic'.
    objective: the method it minimises.
    optimizer: made for as many updates as the phase holds.
    every: steps from one update to the next.
    start: the phase's step of the first update.
    weight: factor on the optimizer's update at each step of the phase.
  """

  network: str
  objective: method.Method
  optimizer: optimizers.Optimizer
  every: int = 1
  start: int = 0
  weight: Callable[[int], float] = Constant()

  def __post_init__(self):
    if self.network not in ('student', 'critic'):
      raise ValueError(
        f"Update.network is {self.network!r}, expected 'student' or 'critic'."
      )
    if self.every < 1 or self.start < 0:
      raise ValueError(
        f'Update.every is {self.every} and start {self.start}, expected at '
        'least 1 and 0.'
      )

  def due(self, step: int) -> bool:
    """Returns whether the update happens at step `step` of its phase."""
    return step >= self.start and (step - self.start) % self.every == 0

  def count(self, steps: int) -> int:
    """Returns how many updates a phase of `steps` steps holds."""
    return max(0, -(-(steps - self.start) // self.every))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Phase:
  """Some updates for some steps; its schedules and epochs start afresh.

  Attributes:
    updates: what happens in a step, in order.
    steps: number of steps.
    candidates: which rationales become positives and negatives, or which
      passages a reranker sees.
    batch_size: questions per step, over all devices.
    accumulate: micro-batches whose gradients are summed before an update.
    negatives: how an earlier student's samples become negatives, if they do.
  """

  updates: tuple[Update, ...]
  steps: int
  candidates: candidates_lib.Candidates | passage_sampling.Passages
  batch_size: int = 64
  accumulate: int = 1
  negatives: negatives_lib.Negatives | None = None

  def __post_init__(self):
    for name in ('steps', 'batch_size', 'accumulate'):
      if getattr(self, name) < 1:
        raise ValueError(
          f'Phase.{name} is {getattr(self, name)}, expected at least 1.'
        )
    if self.batch_size % self.accumulate:
      raise ValueError(
        f'Phase.batch_size {self.batch_size} is no multiple of accumulate '
        f'{self.accumulate}.'
      )
    networks = [update.network for update in self.updates]
    if not networks or len(set(networks)) < len(networks):
      raise ValueError(
        f'Phase.updates move {networks}, expected at least one update and at '
        'most one per network.'
      )

  def trains(self, network: str) -> bool:
    """Returns whether the phase has an update of the network."""
    return any(update.network == network for update in self.updates)
