"""Converts a T5 between Hugging Face, T5X and the form of a run.

  python -m distill_jax.convert --input=RUN --to=huggingface --output=D
  python -m distill_jax.convert --input=google/flan-t5-base --to=t5x --output=D

What the input is, is recognised: the MODEL_DIR of a run (its best student), a
Hugging Face folder or name, a T5X checkpoint. One tensor at a time is read and
written; the output comes to be whole or not at all, and is never overwritten.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from distill_jax.cli import arguments, entry, errors

if TYPE_CHECKING:
  from distill_jax.export import origin as origin_lib
  from distill_jax.weights import contents

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
    help='of a T5X checkpoint, which cannot say it: relu for T5 1.0, '
    'gelu,linear for T5 1.1 and Flan',
  )
  add(
    '--vocabulary',
    metavar='PATH',
    help='spiece.model, tokenizer.json, or a folder with them, where SRC has '
    'none and the output is to have a tokenizer',
  )
  add(
    '--extra_ids',
    type=int,
    default=100,
    metavar='N',
    help='sentinels behind the pieces of --vocabulary; 100 for T5',
  )
  add('--dry_run', action='store_true', help='show what would be written')
  add(
    '--devices',
    type=int,
    default=1,
    metavar='N',
    help='for --dry_run: devices that share the parameters',
  )
  options = parser.parse_args(argv)
  for name in () if options.dry_run else ('output', 'to'):
    if not getattr(options, name):
      raise errors.UsageError(
        f'--{name} is missing; give --{name}=... or --dry_run'
      )
  if options.devices < 1:
    raise errors.UsageError(f'--devices={options.devices}, expected at least 1')
  return options


def _convert(options: argparse.Namespace) -> None:
  """Writes the output, and compares it with the input where asked to."""
  # Imported here, so that `--help` does not wait for jax.
  import numpy as np

  from distill_jax.data import lifeline
  from distill_jax.export import comparison, kinds
  from distill_jax.training import opening

  _require_free(options)
  weights = opening.weights(options.input, _activations(options))
  origin = _origin(options, weights)
  kind = kinds.KINDS[options.to]
  kind.require(weights, origin)
  for note in (*weights.notes, *kinds.left_out(options.to, weights, origin)):
    print(note)
  dtype = np.dtype(options.dtype) if options.dtype else None
  with lifeline.orderly():
    kind.write(weights, origin, options.output, dtype)
  print(f'{options.output}: {len(weights.tensors)} tensors written')
  if options.check:
    written = opening.weights(options.output, weights.config.mlp_activations)
    count = comparison.require_equal(written, weights, dtype)
    print(f'{options.output}: {count} tensors read again, all equal')


def _require_free(options: argparse.Namespace) -> None:
  """Refuses an output that cannot be written to, before any work."""
  from etils import epath

  output = options.output
  if '://' in output and options.to != 't5x':
    raise ValueError(
      f'--output={output}: only --to=t5x is written to an object store; give '
      'a local folder and copy it.'
    )
  if epath.Path(output).expanduser().exists():
    raise ValueError(
      f'--output={output} exists already; nothing is overwritten, give '
      'another folder.'
    )


def _activations(options: argparse.Namespace) -> tuple[str, ...] | None:
  given = options.activations
  return tuple(given.split(',')) if given else None


def _origin(
  options: argparse.Namespace, weights: 'contents.Weights'
) -> 'origin_lib.Origin':
  """What is known of the network beside its tensors."""
  from distill_jax.cli import loading
  from distill_jax.export import origin
  from distill_jax.text import vocabulary
  from distill_jax.training import opening

  given = options.vocabulary and vocabulary.Vocabulary(
    path=options.vocabulary, extra_ids=options.extra_ids
  )
  folder = pathlib.Path(options.input).expanduser()
  if weights.kind == 'orbax' and (folder / 'config.gin').exists():
    run, _ = loading.load((), model_dir=str(folder))
    return origin.of_run(run)
  if weights.kind == 'huggingface':
    folder = opening.fetched(options.input)
  return origin.of_folder(folder, given or None)


def _plan(options: argparse.Namespace) -> str:
  """What would be written; weights that are here are checked for wholeness."""
  import numpy as np

  from distill_jax.export import kinds, plan
  from distill_jax.training import opening

  if options.output and options.to:
    _require_free(options)
  activations = _activations(options)
  lines = [f'input      {options.input}, {opening.kind(options.input)}']
  lines.append(f'output     {options.output}, {options.to}')
  if opening.has_weights(options.input):
    weights = opening.weights(options.input, activations)
    config, lacks = weights.config, list(weights.notes)
    if options.to:
      origin = _origin(options, weights)
      kinds.KINDS[options.to].require(weights, origin)
      lacks += kinds.left_out(options.to, weights, origin)
    lines += [f'note       {lack}' for lack in lacks]
  else:
    config = opening.configuration(options.input, activations)
    lines.append('note       planned from config.json; no weights are here yet')
  lines.append(plan.configuration(config))
  dtype = np.dtype(options.dtype or 'float32')
  lines.append(plan.table(config, dtype, options.devices))
  return '\n'.join(lines)


if __name__ == '__main__':
  main()
