"""A run of seconds: its records, its gin file, and what it leaves behind."""

import contextlib
import json
import pathlib

import jax
import numpy as np

from distill_jax.cli import loading
from distill_jax.training import run as run_lib

GIN = pathlib.Path(__file__).with_name('small.gin')
STEPS = 21  # of both phases of the gin file


def write_records(folder: pathlib.Path) -> None:
  """Writes sums with five rationales each, of which some lose the vote."""
  folder.mkdir(parents=True, exist_ok=True)
  for split, first, size in (
    ('train', 0, 18),
    ('validation', 18, 6),
    ('test', 24, 5),
  ):
    lines = [json.dumps(_record(i)) for i in range(first, first + size)]
    (folder / f'{split}.jsonl').write_text('\n'.join(lines) + '\n')


def _record(number: int) -> dict:
  a, b = 2 + number % 7, 3 + number % 5
  right, wrong = f'{a} + {b}', f'{a} - {b}'
  where = ' in the big box' * (number % 3)  # lengths differ
  rationale = lambda verb, answer: {
    'text': f'Ann has {a} pens{where} and {verb} {b}.',
    'answer': answer,
  }
  return {
    'example_id': str(number),
    'question': f'Ann has {a} pens{where}. She buys {b} pens. How many pens?',
    'label': right,
    'rationales': [
      rationale('buys', right),
      rationale('gets', right),
      rationale('buys', right),
      rationale('gives', wrong),
      rationale('sells', None if number % 2 else wrong),
    ],
  }


def arguments(
  model_dir: pathlib.Path, data: pathlib.Path, **macros: object
) -> list[str]:
  """Returns the command line of the run."""
  macros = {
    'MODEL_DIR': model_dir,
    'DATA_DIR': data / 'records',
    'CACHE_DIR': data / 'cache',
    **macros,
  }
  return [
    f'--gin_file={GIN}',
    *(f'--gin.{name}={value}' for name, value in macros.items()),
  ]


def load(
  model_dir: pathlib.Path, data: pathlib.Path, *overlays: str, **macros: object
) -> tuple[run_lib.Run, str]:
  """Returns the run, under more gin files, and its configuration as text."""
  bindings = arguments(model_dir, data, **macros)[1:]
  pairs = [one.removeprefix('--gin.').split('=', 1) for one in bindings]
  files = [str(GIN), *overlays]
  return loading.load(files, [(name, value) for name, value in pairs])


def losses(model_dir: pathlib.Path) -> list[dict]:
  """Returns the objects of metrics.jsonl."""
  text = (model_dir / 'metrics.jsonl').read_text()
  return [json.loads(line) for line in text.splitlines()]


def parameters(model_dir: pathlib.Path, folder: str = 'checkpoints') -> dict:
  """Returns the newest checkpoint's arrays by path, read without our code."""
  from orbax.checkpoint import v1 as ocp

  steps = [
    int(p.name) for p in (model_dir / folder).iterdir() if p.name.isdigit()
  ]
  path = model_dir / folder / str(max(steps))
  # Whatever devices it was written on, it is read onto this one.
  here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
  like = jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=here),
    ocp.metadata(path).metadata,
  )
  tree = ocp.load(path, like)
  leaves = jax.tree_util.tree_leaves_with_path(tree)
  return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def assert_same(here: dict, there: dict) -> None:
  """Fails unless both hold the same arrays, bit by bit."""
  assert here.keys() == there.keys()
  for name, array in here.items():
    assert array.dtype == there[name].dtype, name
    assert array.tobytes() == there[name].tobytes(), name


def assert_same_run(here: pathlib.Path, there: pathlib.Path) -> None:
  """Fails unless two runs left the same parameters, bests and metrics."""
  assert losses(here) == losses(there)
  assert_same(parameters(here), parameters(there))
  assert_same(parameters(here, 'best'), parameters(there, 'best'))


class Killed(BaseException):
  """Stands for the end of a process, which nothing in the package catches."""


@contextlib.contextmanager
def killed():
  """Swallows `Killed`, and fails if nobody was."""
  try:
    yield
  except Killed:
    return
  raise AssertionError('the run was not killed')
