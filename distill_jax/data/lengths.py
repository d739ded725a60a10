"""How many tokens a text may have."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lengths:
  """Limits in tokens, end of sequence included.

  What is longer is cut at its end and then has no end-of-sequence token, so a
  student never learns to stop where the text was merely cut.

  Attributes:
    inputs: of label inputs, rationale inputs and bare questions.
    label: of label targets.
    rationale: of each rationale.

  Reference: arXiv:2305.02301: inputs of 1,024, targets of 256 tokens.
  """

  inputs: int = 1024
  label: int = 256
  rationale: int = 256

  def __post_init__(self):
    for name, value in dataclasses.asdict(self).items():
      if value < 1:
        raise ValueError(
          f'Lengths({name}={value}) leaves no token; give at least 1.'
        )

  def of(self, feature: str) -> int:
    """Returns the limit of a cached feature."""
    return getattr(self, KIND[feature])


KIND = {
  'label_inputs': 'inputs',
  'rationale_inputs': 'inputs',
  'questions': 'inputs',
  'label_targets': 'label',
  'rationales': 'rationale',
}


def padded(longest: int, limit: int, multiple: int = 8) -> int:
  """Returns the width of an array: `longest` rounded up, at most `limit`.

  A width that is a multiple of 8 suits the tiles of an accelerator:
  padded(61, 1024) is 64, padded(61, 62) is 62.
  """
  return min(limit, max(1, -(-longest // multiple)) * multiple)


def rung(longest: int, limit: int) -> int:
  """Returns the width of a batch whose longest row is `longest`.

  Widths stand on a ladder from `limit` down, each about 0.7 of the one above:
  few of them occur, so little is compiled, and a batch of short rows is narrow.
  rung(61, 80) is 64, rung(61, 1024) is 64, rung(90, 1024) is 96.
  """
  width = limit
  for step in range(1, 2 * limit.bit_length()):
    below = padded(math.ceil(limit / 2 ** (step / 2)), limit)
    if below < longest:
      break
    width = below
  return width
