"""Makes a token cache aside and puts it in its place whole.

A cache folder exists or it does not; a builder that is stopped takes its hidden
folder away, one that is killed may leave it where nobody opens it, and of two
builders the second to finish throws its own work away.
"""

import dataclasses
import functools
import json
import os
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from distill_jax import places
from distill_jax.data import cached, lifeline, notices, prepare, tokenizer
from distill_jax.data import plan as plan_lib

if TYPE_CHECKING:
  from distill_jax.data import source as source_lib


class Tokeniser(Protocol):
  """Turns prepared texts into arrays: the module `tokenizer`, or `beam.Beam`.

  Whoever does it, the bytes are the same.
  """

  def require(self, folder: pathlib.Path) -> None:
    """Raises a ValueError where the cache `folder` cannot be built here."""

  def run(self, plan: plan_lib.Plan, folder: pathlib.Path) -> None:
    """Adds the arrays of ids to a prepared folder.

    In every split the file of texts gives way to one of facts.

    Raises:
      ValueError: if that failed.
    """


def publish(
  source: 'source_lib.Source',
  folder: pathlib.Path,
  tokeniser: Tokeniser = tokenizer,
) -> None:
  """Builds the cache of a source as `folder`.

  Raises:
    ValueError: for unusable input, or where SeqIO is not installed.
  """
  tokeniser.require(folder)
  prepare.check(source)
  fill = functools.partial(_fill, source, tokeniser)
  whole(folder, cached.META, fill)


def whole(
  folder: pathlib.Path,
  name: str,
  fill: Callable[[pathlib.Path], dict[str, Any]],
) -> None:
  """Makes a folder of what `fill` writes, whole or not at all.

  Args:
    folder: that does not exist yet.
    name: of the file that describes it, without which it is none.
    fill: writes all other files into the folder it is given, and returns the
      description.
  """
  with lifeline.orderly(), places.aside(folder) as aside:
    meta = fill(aside)
    (aside / name).write_text(json.dumps(meta, indent=2))
    try:
      os.rename(aside, folder)
    except OSError:
      if not (folder / name).exists():
        raise


def _fill(
  source: 'source_lib.Source', tokeniser: Tokeniser, folder: pathlib.Path
) -> dict[str, Any]:
  """Returns the description of the cache, having written its files."""
  splits: dict[str, dict[str, Any]] = {}
  for split in source.data_set.splits:
    (folder / split).mkdir()
    splits[split] = prepare.prepare(source, split, folder / split)
  vocabulary = source.vocabulary
  plan = plan_lib.Plan(
    vocabulary=str(vocabulary.file),
    dtype='uint16' if vocabulary.size <= 2**16 else 'int32',
    lengths=source.lengths,
    splits=tuple(splits),
    kind=vocabulary.kind,
    settings=vocabulary.settings,
  )
  tokeniser.run(plan, folder)
  for split, facts in splits.items():
    facts |= plan_lib.read_facts(folder / split)
    facts['warnings'] = notices.notices(source, split, facts)
    facts['lack'] = notices.lack(facts)
  return {
    'task': source.task,
    'splits': splits,
    'lengths': dataclasses.asdict(source.lengths),
    'vocabulary_size': vocabulary.size,
    'source': source.facts,
  }
