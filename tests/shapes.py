"""The checker of the shapes that annotations promise."""

from collections.abc import Callable

import beartype

_checked = beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))


def check(annotated: Callable) -> Callable:
  """The function or class, refusing what its annotations do not allow.

  As Python itself has it, an int is good where a float is asked for.
  """
  return _checked(annotated)
