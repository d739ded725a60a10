"""How many tokens a text may have."""

import dataclasses


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
