"""Negatives written by an earlier student.

No snapshot of parameters is kept. The order of the examples is known, so at the
end of a period the CURRENT student writes for the questions of a later period;
its texts wait in a queue (`negatives_queue`) until that period comes.
"""

import dataclasses

from distill_jax.training import initial as initial_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Negatives:
  """Samples of the student of `lag` periods ago become negatives.

  The student as it is after period i writes the negatives of period i + lag;
  periods before that have the teacher's negatives only. With `lag=0` the
  student writes at the beginning of a period for that same period.

  Source: arXiv:2405.13014, section 3 (1 sample at temperature 1.5 from the
  model 5 iterations earlier). That an iteration is `period` steps is a reading
  of ours.

  Lags of 3, 5 and 10, and a `writer` with `lag=0`, are the rows of its table of
  negatives; the row with the teacher's alone is a phase without `Negatives`.

  Attributes:
    period: steps of a period, the paper's iteration.
    lag: periods between writing and use.
    num: samples per question.
    temperature: of the samples.
    from_initial: whether the initial student writes for the first `lag`
      periods, which otherwise have no student negatives.
    batch_size: questions that are written for at once.
    max_tokens: of a sample, which is cut there; None for as many as 99 of 100
      rationales of the split have at most. A student that never ends would
      hold up all others of its batch.
    writer: where a fixed student comes from that writes in place of the one in
      training; None for that one.
  """

  period: int = 250
  lag: int = 5
  num: int = 1
  temperature: float = 1.5
  from_initial: bool = False
  batch_size: int = 256
  max_tokens: int | None = None
  writer: initial_lib.Initial | None = None

  def __post_init__(self):
    least = {'period': 1, 'lag': 0, 'num': 1, 'batch_size': 1}
    for name, lowest in least.items():
      if getattr(self, name) < lowest:
        raise ValueError(
          f'Negatives.{name} is {getattr(self, name)}, expected at least '
          f'{lowest}.'
        )
    if self.max_tokens is not None and self.max_tokens < 1:
      raise ValueError(
        f'Negatives.max_tokens is {self.max_tokens}, expected at least 1, or '
        'None for the usual length of a rationale.'
      )
    if not self.temperature > 0:
      raise ValueError(
        f'Negatives.temperature is {self.temperature}, expected more than 0.'
      )

  def periods_to_write(self, step: int, steps: int) -> list[int]:
    """Returns the periods to write for before step `step` of a phase.

    Example with period=10, lag=2: before step 10 (period 0 is over) period 2;
    before step 15 none.

    Args:
      step: steps of the phase that are done.
      steps: length of the phase.
    """
    done, rest = divmod(step, self.period)
    if rest:
      return []
    if done == 0:
      early = range(max(self.lag, 1)) if self.from_initial else ()
      wanted = [0] if self.lag == 0 else list(early)
    else:
      wanted = [done - 1 + max(self.lag, 1)]
    return [period for period in wanted if period * self.period < steps]
