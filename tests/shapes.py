"""The checker of the shapes that annotations promise."""

from collections.abc import Callable

import beartype

_checked = beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))


def check(annotated: Callable) -> Callable:
  """The function, refusing what its annotations do not allow.

  As Python itself has it, an int is good where a float is asked for. Classes
  stay unchecked: jax rebuilds a tree with whatever stands for its leaves, such
  as shapes alone or the stacked arrays of a loop.
  """
  return annotated if isinstance(annotated, type) else _checked(annotated)
