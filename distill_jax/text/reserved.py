"""Where the ids of padding and of a sequence's end lie in OPT's vocabulary.

Here padding is 0 and the end of a sequence 1, in every vocabulary. OPT numbers
<s>, <pad>, </s> as 0, 1, 2; its other ids stay as they are.
"""

import numpy as np

# OPT's ids of our 0, 1 and 2: <pad>, </s>, <s>.
OPT = (1, 2, 0)


def to_ours(size: int) -> np.ndarray:
  """Returns our id of each of OPT's ids: [2, 0, 1, 3, 4, ...]."""
  ids = np.arange(size)
  ids[list(OPT)] = np.arange(len(OPT))
  return ids


def to_theirs(size: int) -> np.ndarray:
  """Returns OPT's id of each of our ids: [1, 2, 0, 3, 4, ...]."""
  ids = np.arange(size)
  ids[: len(OPT)] = OPT
  return ids
