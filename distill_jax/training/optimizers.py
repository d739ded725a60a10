"""Optimizers and learning-rate schedules, built for a number of updates."""

import dataclasses
import logging
from typing import Any, Protocol

import numpy as np
import optax

_log = logging.getLogger(__name__)
_LARGEST = float(np.finfo(np.float32).max)


def _check_not_negative(settings: Any, *names: str) -> None:
  for name in names:
    value = getattr(settings, name)
    if not 0 <= value <= _LARGEST:
      raise ValueError(
        f'{type(settings).__name__}.{name} is {value}, expected 0 to '
        f'{_LARGEST:.1e}, the largest number of float32.'
      )


def _check_norm(settings: Any) -> None:
  if settings.max_norm is not None and not settings.max_norm > 0:
    raise ValueError(
      f'{type(settings).__name__}.max_norm is {settings.max_norm}, expected '
      'more than 0, or None for no clipping.'
    )


class Schedule(Protocol):
  """A learning rate over the updates of a phase."""

  def build(self, updates: int) -> optax.Schedule:
    """Returns the function from update number (from 0) to learning rate."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Linear:
  """Linear warm-up to `peak`, then linear decay to `final`.

  Attributes:
    peak: the highest learning rate.
    warmup: updates from 0 to the peak.
    final: learning rate after the last update.
  """

  peak: float = 5e-5
  warmup: int = 0
  final: float = 0.0

  def __post_init__(self):
    _check_not_negative(self, 'peak', 'warmup', 'final')

  def build(self, updates: int) -> optax.Schedule:
    """Returns the schedule over `updates` updates."""
    if self.warmup > updates:
      _log.warning(
        'The warm-up of %d updates is longer than its phase of %d: the '
        'learning rate never reaches %g.',
        self.warmup,
        updates,
        self.peak,
      )
    warmup = min(self.warmup, updates)
    decay = optax.linear_schedule(
      self.peak, self.final, max(updates - warmup, 1)
    )
    if not warmup:
      return decay
    # The first update already moves: it takes 1 / (warmup + 1) of the peak.
    rise = optax.linear_schedule(
      self.peak / (warmup + 1), self.peak, max(warmup, 1)
    )
    return optax.join_schedules([rise, decay], [warmup])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fixed:
  """The same learning rate throughout, after a linear warm-up.

  Attributes:
    rate: the learning rate.
    warmup: updates from 0 to the rate.
  """

  rate: float = 1e-3
  warmup: int = 0

  def __post_init__(self):
    _check_not_negative(self, 'rate', 'warmup')

  def build(self, updates: int) -> optax.Schedule:
    """Returns the schedule over `updates` updates."""
    return Linear(peak=self.rate, warmup=self.warmup, final=self.rate).build(
      updates
    )


class Optimizer(Protocol):
  """An optimizer that knows its schedule."""

  def build(self, updates: int) -> optax.GradientTransformation:
    """Returns the transformation for a phase of `updates` updates."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class AdamW:
  """AdamW (arXiv:1711.05101); the defaults are those of arXiv:2305.02301.

  Attributes:
    schedule: the learning rate.
    b1: decay of the first moment.
    b2: decay of the second moment.
    eps: added to the root of the second moment.
    weight_decay: decoupled decay, times the learning rate.
    max_norm: global norm beyond which gradients are scaled down; None for no
      clipping.
  """

  schedule: Schedule = Linear()
  b1: float = 0.9
  b2: float = 0.999
  eps: float = 1e-8
  weight_decay: float = 0.0
  max_norm: float | None = None

  def __post_init__(self):
    for name in ('b1', 'b2'):
      if not 0 <= getattr(self, name) < 1:
        raise ValueError(
          f'AdamW.{name} is {getattr(self, name)}, expected at least 0 and '
          'less than 1.'
        )
    _check_not_negative(self, 'eps', 'weight_decay')
    _check_norm(self)

  def build(self, updates: int) -> optax.GradientTransformation:
    """Returns the transformation for `updates` updates."""
    adam = optax.adamw(
      self.schedule.build(updates),
      b1=self.b1,
      b2=self.b2,
      eps=self.eps,
      weight_decay=self.weight_decay,
    )
    return _clipped(self.max_norm, adam)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adafactor:
  """Adafactor (arXiv:1804.04235), T5's own optimizer.

  Attributes:
    schedule: the learning rate.
    decay_rate: exponent of the second moment's decay.
    multiply_by_parameter_scale: makes the learning rate relative.
    max_norm: global norm beyond which gradients are scaled down; None for no
      clipping.
  """

  schedule: Schedule = Fixed()
  decay_rate: float = 0.8
  multiply_by_parameter_scale: bool = True
  max_norm: float | None = None

  def __post_init__(self):
    if not 0 < self.decay_rate <= 1:
      raise ValueError(
        f'Adafactor.decay_rate is {self.decay_rate}, expected more than 0 and '
        'at most 1.'
      )
    _check_norm(self)

  def build(self, updates: int) -> optax.GradientTransformation:
    """Returns the transformation for `updates` updates."""
    adafactor = optax.adafactor(
      self.schedule.build(updates),
      decay_rate=self.decay_rate,
      multiply_by_parameter_scale=self.multiply_by_parameter_scale,
    )
    return _clipped(self.max_norm, adafactor)


def _clipped(
  max_norm: float | None, optimizer: optax.GradientTransformation
) -> optax.GradientTransformation:
  if max_norm is None:
    return optimizer
  return optax.chain(optax.clip_by_global_norm(max_norm), optimizer)
