"""What a worker of Beam does: it tokenises one range of rows.

The main process and its workers share a folder, the exchange:

  plan.json          as the local builder has it, see `plan`
  SPLIT/texts.jsonl  likewise
  vocabulary/        its files, where workers do not see those of the plan
  beam/NAME.zip      the answers, see `parts`
"""

import dataclasses
import functools
import pathlib
import tempfile

from etils import epath

import distill_jax
from distill_jax.data import fingerprint, parts, ranges
from distill_jax.data import plan as plan_lib

BEAM = 'beam'
VOCABULARY = 'vocabulary'


def tokenise(one: ranges.Range, exchange: str, code: str) -> str:
  """Puts the part of a range into the exchange; returns the range's name.

  Args:
    one: the rows.
    exchange: the folder.
    code: the `own_code` of who divided the work.

  Raises:
    ValueError: if this machine's is another one.
  """
  if code != own_code():
    raise ValueError(
      'A worker has another distill_jax than the machine that divides the '
      f'work, {distill_jax.__version__} here; install the same on both.'
    )
  # Here and no earlier: who starts the workers needs no TensorFlow.
  from distill_jax.data import build

  there = epath.Path(exchange)
  with tempfile.TemporaryDirectory(dir=_room(there)) as name:
    folder = pathlib.Path(name)
    (folder / one.split).mkdir()
    texts = pathlib.Path(one.split) / plan_lib.TEXTS
    ranges.copy(one, there / texts, folder / texts)
    plan = dataclasses.replace(_plan(exchange), splits=(one.split,))
    build.build(folder, plan)
    parts.pack(folder / one.split, folder / 'part')
    _hand_over(folder / 'part', parts.place(there / BEAM, one))
  return one.name


@functools.cache
def own_code() -> str:
  """Returns a digest of the code that decides ids."""
  return fingerprint.digest(fingerprint.own_code())


def _hand_over(made: pathlib.Path, part: epath.Path) -> None:
  """Puts a part in its place, whole; one that is there already gives way."""
  if _is_local(part):
    made.replace(part)  # on the same disk, see `_room`
  else:
    epath.Path(made).copy(part, overwrite=True)  # whole once it is closed


def _room(exchange: epath.Path) -> str | None:
  """Where to work: in a local exchange, for it is removed whatever happens."""
  return str(exchange / BEAM) if _is_local(exchange) else None


def _is_local(path: epath.Path) -> bool:
  return not str(path).startswith('gs://')


@functools.cache
def _plan(exchange: str) -> plan_lib.Plan:
  """Returns the plan, its vocabulary on this machine."""
  there = epath.Path(exchange)
  plan = plan_lib.Plan.read(there)
  vocabulary = there / plan.vocabulary  # which is this one if absolute
  if _is_local(vocabulary):
    return dataclasses.replace(plan, vocabulary=str(vocabulary))
  # For as long as this worker lives, and no longer than its machine.
  here = pathlib.Path(tempfile.mkdtemp()) / vocabulary.name
  copied(vocabulary, epath.Path(here))
  return dataclasses.replace(plan, vocabulary=str(here))


def copied(vocabulary: epath.Path, to: epath.Path) -> None:
  """Copies a vocabulary: a file, or a folder without the weights in it."""
  if not vocabulary.is_dir():
    to.parent.mkdir(parents=True, exist_ok=True)
    vocabulary.copy(to, overwrite=True)
    return
  to.mkdir(parents=True, exist_ok=True)
  for path in vocabulary.iterdir():
    if path.suffix in ('.json', '.txt', '.model'):
      path.copy(to / path.name, overwrite=True)
