"""Converts a network between Hugging Face, T5X and the form of a run.

  python -m distill_jax.convert --input=RUN --to=huggingface --output=D
  python -m distill_jax.convert --input=google/flan-t5-base --to=t5x --output=D

What the input is, is recognised: the MODEL_DIR of a run (its best student), a
Hugging Face folder or name, a T5X checkpoint. One tensor at a time is read and
written; the output comes to be whole or not at all, and is never overwritten.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from distill_jax.cli import arguments, entry, errors

if TYPE_CHECKING:
  from distill_jax.export import origin as origin_lib

_KINDS = ('huggingface', 't5x', 'orbax')
_DTYPES = ('float32', 'bfloat16')


def main(argv: Sequence[str] | None = None) -> None:
  """The entry."""
  with entry.mistakes('convert'):
    options = _options(sys.argv[1:] if argv is None else argv)
    if options.dry_run:
      print(_plan(options))
      return
    entry.log_progress()
    _convert(options)


def _options(argv: Sequence[str]) -> argparse.Namespace:
  parser = arguments.Parser(
    prog='python -m distill_jax.convert',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  add = parser.add_argument
  add('--input', metavar='SRC', required=True, help='a checkpoint, or a run')
  add('--output', metavar='DST', help='a folder that does not exist yet')
  add('--to', choices=_KINDS, help='what to write')
  add('--dtype', choices=_DTYPES, help='of the parameters; as in SRC without')
  add(
    '--check',
    action='store_true',
    help='read the output again and compare every tensor',
  )
  add(
    '--activations',
    metavar='NAMES',
    help='of a T5X checkpoint that does not say them: relu for T5 1.0, '
    'gelu,linear for T5 1.1 and Flan',
  )
  add(
    '--vocabulary',
    metavar='PATH',
    help='spiece.model, tokenizer.json, or a folder or name with a tokenizer, '
    'for --to=huggingface where SRC has none, or another',
  )
  add(
    '--extra_ids',
    type=int,
    metavar='N',
    help='sentinels behind the pieces of --vocabulary; 100 without',
  )
  add('--dry_run', action='store_true', help='show what would be written')
  add(
    '--devices',
    type=int,
    metavar='N',
    help='for --dry_run: devices that share the parameters',
  )
  options = parser.parse_args(argv)
  _require_consistent(options)
  return options


def _require_consistent(options: argparse.Namespace) -> None:
  """Refuses options that are missing, or would be ignored."""
  for name in () if options.dry_run else ('output', 'to'):
    if not getattr(options, name):
      raise errors.UsageError(
        f'--{name} is missing; give --{name}=... or --dry_run'
      )
  idle = (
    ('vocabulary', options.to == 'huggingface', '--to=huggingface'),
    ('extra_ids', options.vocabulary, '--vocabulary'),
    ('devices', options.dry_run, '--dry_run'),
  )
  for name, used, by in idle:
    if getattr(options, name) is not None and not used:
      raise errors.UsageError(f'--{name} says something only beside {by}')
  if options.devices is not None and options.devices < 1:
    raise errors.UsageError(f'--devices={options.devices}, expected at least 1')


def _convert(options: argparse.Namespace) -> None:
  """Writes the output, and compares it with the input where asked to."""
  # Imported here, so that `--help` does not wait for jax.
  import numpy as np

  from distill_jax.data import lifeline
  from distill_jax.export import comparison, kinds
  from distill_jax.training import opening

  _require_free(options)
  network = _opened(options)
  weights, kind = network.weights, kinds.KINDS[options.to]
  kind.require(network)
  for note in (*weights.notes, *kind.notes(network)):
    print(note)
  dtype = np.dtype(options.dtype) if options.dtype else None
  with lifeline.orderly():
    kinds.write(kind, options.output, network, dtype)
  print(f'{options.output}: {len(weights.tensors)} tensors written')
  if options.check:
    written = opening.weights(options.output, opening.activations(weights))
    count = comparison.require_equal(written, weights, dtype)
    print(f'{options.output}: {count} tensors read again, all equal')


def _require_free(options: argparse.Namespace) -> None:
  """Refuses an output that cannot be written to, before any work."""
  from distill_jax import places

  output = options.output
  place = places.place(output)
  if '://' in output and options.to not in (None, 't5x'):
    raise ValueError(
      f'--output={output}: only --to=t5x is written to an object store; give '
      'a local folder and copy it.'
    )
  if place.exists():
    raise ValueError(
      f'--output={output} exists already; nothing is overwritten, give '
      'another folder.'
    )


def _opened(options: argparse.Namespace) -> 'origin_lib.Network':
  """The network, and what is known of it beside its tensors."""
  from distill_jax.export import origin as origin_lib
  from distill_jax.training import opening
  from distill_jax.weights import hugging_face_models

  run = _run(options.input)
  known = run and opening.activations(run.student)
  weights = opening.weights(options.input, _activations(options) or known)
  if run:
    origin = origin_lib.of_run(run)
  elif weights.kind == 'huggingface':
    folder = hugging_face_models.fetched(options.input)
    origin = origin_lib.of_hugging_face(options.input, folder)
  else:
    origin = origin_lib.Origin(place=options.input)
  if options.vocabulary:
    extra = 100 if options.extra_ids is None else options.extra_ids
    given = hugging_face_models.vocabulary_at(
      options.vocabulary, weights.config, extra
    )
    origin = origin.with_vocabulary(given)
  return origin_lib.Network(weights, origin)


def _run(source: str) -> Any | None:
  """The run whose folder this is; None for any other checkpoint."""
  from etils import epath

  from distill_jax.cli import loading
  from distill_jax.training import opening

  if opening.kind(source) != 'orbax':
    return None
  folder = epath.Path(source).expanduser()
  if not (folder / 'config.gin').exists():
    return None
  return loading.load((), model_dir=str(folder))[0]


def _activations(options: argparse.Namespace) -> tuple[str, ...] | None:
  from distill_jax.training import opening

  given = options.activations
  if given is None:
    return None
  if opening.kind(options.input) != 't5x':
    raise ValueError(
      f'--activations={given}: {options.input} is no T5X checkpoint and says '
      'them itself; leave it out.'
    )
  return tuple(name.strip() for name in given.split(','))


def _plan(options: argparse.Namespace) -> str:
  """What would be written; weights that are here are checked for wholeness."""
  import numpy as np

  from distill_jax.export import kinds, plan
  from distill_jax.training import opening
  from distill_jax.weights import hugging_face_models, template

  lines = [f'input      {options.input}, {opening.kind(options.input)}']
  if options.output:
    _require_free(options)
    lines.append(f'output     {options.output}, {options.to or "no --to yet"}')
  if opening.has_weights(options.input):
    network = _opened(options)
    weights = network.weights
    config, notes = weights.config, list(weights.notes)
    dtypes = {name: one.dtype for name, one in weights.tensors.items()}
    if options.to:
      kind = kinds.KINDS[options.to]
      kind.require(network)
      notes += kind.notes(network)
  else:
    config = hugging_face_models.configuration(options.input)
    notes = ['planned from config.json; no weights are here yet']
    dtypes = dict.fromkeys(template.shapes(config), np.dtype('float32'))
  if options.dtype:
    dtypes = dict.fromkeys(dtypes, np.dtype(options.dtype))
  lines += [f'note       {note}' for note in notes]
  lines.append(plan.configuration(config))
  lines.append(plan.table(config, dtypes, options.devices or 1))
  return '\n'.join(lines)


if __name__ == '__main__':
  main()
