"""Texts with spans taken out, and the spans: T5's unsupervised task."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Int


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpanCorruption:
  """What is taken out of a text.

  Of the ids 5 6 7 8 9 with the spans 7 and 9 and the sentinels 99, 98, ... a
  student reads 5 6 99 8 98 EOS and writes 99 7 98 9 EOS. As in T5's code a text
  begins with a part that stays and ends with a span.

  Source: arXiv:1910.10683, section 3.1.4 and table 13.

  Attributes:
    rate: share of the tokens that are taken out, in (0, 1).
    mean_length: of the spans, in tokens.
  """

  rate: float = 0.15
  mean_length: float = 3.0

  def __post_init__(self):
    if not 0 < self.rate < 1 or self.mean_length < 1:
      raise ValueError(
        f'SpanCorruption.rate is {self.rate} and mean_length '
        f'{self.mean_length}, expected a share in (0, 1) and at least 1 token.'
      )

  def counts(self, length: int) -> tuple[int, int]:
    """Returns the tokens that are taken out of a text, and in how many spans.

    Args:
      length: of the text, at least 2 tokens.
    """
    taken = min(max(round(length * self.rate), 1), length - 1)
    spans = max(round(taken / self.mean_length), 1)
    return taken, min(spans, taken, length - taken)

  def mask(
    self, length: int, random: np.random.BitGenerator
  ) -> Bool[np.ndarray, ' S']:
    """Returns which tokens of a text are taken out.

    Args:
      length: of the text, at least 2 tokens.
      random: draws where the spans lie.
    """
    taken, spans = self.counts(length)
    sizes = np.stack(
      [_parts(length - taken, spans, random), _parts(taken, spans, random)], 1
    )
    return np.repeat(np.tile([False, True], spans), sizes.ravel())

  def apply(
    self,
    ids: Int[np.ndarray, ' S'],
    last_sentinel: int,
    eos_id: int,
    random: np.random.BitGenerator,
  ) -> tuple[Int[np.ndarray, ' R'], Int[np.ndarray, ' T']]:
    """Returns what is read and what is written, each with EOS.

    Args:
      ids: of the text without EOS, at least 2.
      last_sentinel: id of the first sentinel; the next one is one less.
      eos_id: end of a sequence.
      random: draws where the spans lie.
    """
    mask = self.mask(len(ids), random)
    starts = mask & ~np.append(False, mask[:-1])
    sentinels = last_sentinel + 1 - np.cumsum(starts)
    read = np.where(starts, sentinels, ids)[~mask | starts]
    # A sentinel before the first token of each span.
    places = np.flatnonzero(starts)
    written = np.insert(ids, places, sentinels[places])
    kept = np.insert(mask, places, True)
    return np.append(read, eos_id), np.append(written[kept], eos_id)


def _parts(
  total: int, number: int, random: np.random.BitGenerator
) -> Int[np.ndarray, ' n']:
  """Returns `number` lengths above 0 that add up to `total`, all as likely.

  Raw words of a bit generator decide, as in `order.permutation`.
  """
  shuffled = np.argsort(random.random_raw(total - 1), kind='stable')
  cuts = np.sort(shuffled[: number - 1]) + 1
  return np.diff(np.concatenate([[0], cuts, [total]]))
