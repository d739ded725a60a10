"""The order of the examples, as a pure function of the seed and the step.

Nothing here has a state: what step 1,000 sees does not depend on who looked at
step 999, on how many processes share the batch, or on when the run was killed.
"""

import dataclasses
import functools

import numpy as np
from jaxtyping import Int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
  """An endless stream of examples: one permutation of the split per epoch.

  The stream is cut into batches without regard to the epochs' borders, so a
  batch may hold the end of one epoch and the beginning of the next, and no
  example is ever left out. With 5 examples and batches of 2:

    epoch 0        epoch 1
    3 0 4 1 2      1 4 0 2 3
    ---- ---- ---------- ---- (steps 0 to 4)

  Attributes:
    num_examples: length of the split.
    batch_size: examples of a global batch.
    seed: of the permutations.
  """

  num_examples: int
  batch_size: int
  seed: int = 0

  def __post_init__(self):
    for name in ('num_examples', 'batch_size'):
      if getattr(self, name) < 1:
        raise ValueError(
          f'{name} must be at least 1, got {getattr(self, name)}.'
        )

  def positions(self, step: int) -> tuple[Int[np.ndarray, ' B'], ...]:
    """Returns the epochs and the examples of a step's global batch."""
    start = step * self.batch_size
    stream = np.arange(start, start + self.batch_size, dtype=np.int64)
    epochs, offsets = np.divmod(stream, self.num_examples)
    examples = np.empty_like(stream)
    for epoch in np.unique(epochs):
      here = epochs == epoch
      shuffled = permutation(self.seed, int(epoch), self.num_examples)
      examples[here] = shuffled[offsets[here]]
    return epochs, examples

  def indices(self, step: int) -> Int[np.ndarray, ' B']:
    """Returns the examples of a step's global batch."""
    return self.positions(step)[1]

  def upcoming(self, first_step: int, steps: int) -> Int[np.ndarray, ' n']:
    """Returns the examples of `steps` steps from `first_step`, each once.

    They come sorted. This is how a student writes its negatives in time: it
    asks for the questions of a later period.
    """
    if steps < 1:
      return np.empty(0, np.int64)
    wanted = [self.indices(first_step + step) for step in range(steps)]
    return np.unique(np.concatenate(wanted))


@functools.lru_cache(maxsize=4)
def permutation(seed: int, epoch: int, size: int) -> Int[np.ndarray, ' n']:
  """Returns the permutation of an epoch.

  It sorts raw random words, because numpy keeps the streams of its bit
  generators across versions but not those of `Generator.permutation`; a run
  resumed under another numpy goes on in the same order.
  """
  words = np.random.Philox(np.random.SeedSequence([seed, epoch]))
  shuffled = np.argsort(words.random_raw(size), kind='stable')
  shuffled.setflags(write=False)  # it is shared by every caller
  return shuffled
