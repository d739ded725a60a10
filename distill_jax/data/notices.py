"""What a builder found that a user should hear about, in sentences."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from distill_jax.data import lengths as lengths_lib

if TYPE_CHECKING:
  from distill_jax.data import source as source_lib

# Up to this share of cut texts nobody is told.
_TOLERATED = 0.01


def notices(
  source: 'source_lib.Source', split: str, facts: Mapping[str, Any]
) -> list[str]:
  """Returns one sentence for each thing lost between records and ids."""
  where = f'{source.task} {split}'
  return [
    *_dropped(where, facts),
    *_cut(where, facts, source.lengths),
    *_lossy(where, facts),
  ]


def _dropped(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
  total = facts['examples'] + sum(facts['dropped'].values())
  for reason, number in facts['dropped'].items():
    yield f'{where}: {number} of {total} records were left out: {reason}.'


def _cut(
  where: str, facts: Mapping[str, Any], lengths: lengths_lib.Lengths
) -> Iterator[str]:
  for feature, counts in facts['features'].items():
    if counts['cut'] > _TOLERATED * counts['texts']:
      share = counts['cut'] / counts['texts']
      yield (
        f'{where}: {share:.1%} of the {feature} are longer than'
        f' {lengths.of(feature)} tokens and were cut; raise'
        f' Lengths.{lengths_lib.KIND[feature]} to keep them whole.'
      )


def _lossy(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
  for feature, loss in facts['lossy'].items():
    shown = ' '.join(repr(char) for char in loss['characters'])
    yield (
      f'{where}: {loss["share"]:.1%} of the {feature} lose characters that'
      f' the vocabulary lacks, such as {shown}.'
    )
