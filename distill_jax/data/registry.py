"""Task names to task modules."""

import difflib
import importlib
import pkgutil
from types import ModuleType

from distill_jax.data import mistakes

_PACKAGE = 'distill_jax.tasks'
_NOT_TASKS = ('registered',)  # it imports SeqIO and serves T5X only


def load(task: str) -> ModuleType:
  """Returns the module of a task; it has a `DATA_SET`.

  Args:
    task: such as 'svamp' for `distill_jax.tasks.svamp`, or the name of a module
      of one's own; the package's tasks come first.

  Raises:
    ValueError: if there is no such task, or its module cannot be imported.
  """
  for name in (f'{_PACKAGE}.{task}', task):
    try:
      module = importlib.import_module(name)
    except ModuleNotFoundError as error:
      if error.name is None or not f'{name}.'.startswith(f'{error.name}.'):
        raise ValueError(_broken(name, error)) from None
    except Exception as error:  # whatever a module of one's own may do
      raise ValueError(_broken(name, error)) from None
    else:
      if not hasattr(module, 'DATA_SET'):
        raise ValueError(f'The module {name} is no task: it has no DATA_SET.')
      return module
  raise ValueError(_unknown(task))


def names() -> list[str]:
  """Returns the tasks of the package."""
  package = importlib.import_module(_PACKAGE)
  found = (module.name for module in pkgutil.iter_modules(package.__path__))
  return sorted(name for name in found if name not in _NOT_TASKS)


def _broken(name: str, error: Exception) -> str:
  return (
    f'The task module {name} cannot be imported: {mistakes.describe(error)}.'
  )


def _unknown(task: str) -> str:
  known = names()
  close = difflib.get_close_matches(task, known, 1)
  hint = (
    f'. Did you mean {close[0]!r}?'
    if close
    else f'; there are {", ".join(known)}.'
  )
  return (
    f'There is no task {task!r}{hint} A module of your own is named as Python'
    ' imports it from the working folder.'
  )
