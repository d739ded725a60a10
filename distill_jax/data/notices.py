"""What a builder found that a user should hear about, in sentences."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from distill_jax.data import lengths as lengths_lib
from distill_jax.data import tally

if TYPE_CHECKING:
  from distill_jax.data import source as source_lib

# Up to this share of cut texts nobody is told.
_TOLERATED = 0.01
# Up to this share of questions without a positive nobody is told.
_UNVOTED = 0.1

_WHY = {
  tally.ABSENT: (
    'have no rationale',
    'give them as "rationales": [{"text": "..."}]',
  ),
  tally.BARE: (
    'have rationales that say nothing but the answer',
    'keep the reasoning in "text"',
  ),
  tally.SILENT: (
    'have rationales that state no answer',
    'end "text" with "The answer is ..." or give "answer" beside it',
  ),
  tally.TIED: (
    'have answers that tie',
    'take more samples, or candidates.RandomOne, which needs no vote',
  ),
}


def notices(
  source: 'source_lib.Source', split: str, facts: Mapping[str, Any]
) -> list[str]:
  """Returns one sentence for each thing lost between records and ids."""
  where = f'{source.task} {split}'
  return [
    *_dropped(where, facts),
    *_cut(where, facts, source.lengths),
    *_shortened(where, facts, source.lengths),
    *_shortened_inputs(where, facts, source.lengths),
    *_without_shots(where, facts, source),
    *_lossy(where, facts),
    *_misspelt(where, facts),
    *_judged(source, split, facts),
  ]


def lack(facts: Mapping[str, Any]) -> str:
  """Returns why questions have no rationale that won a vote, and the mends.

  '20 of 25 questions have no rationale (give them as ...)'.
  """
  found = []
  for reason, number in facts['unvoted'].items():
    why, mend = _WHY[reason]
    found.append(f'{number} of {facts["examples"]} questions {why} ({mend})')
  found += [
    f'{number} records have the unknown key {key!r} (did you mean {known!r}?)'
    for key, known, number in facts['misspelt']
  ]
  return ', '.join(found)


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


def _shortened(
  where: str, facts: Mapping[str, Any], lengths: lengths_lib.Lengths
) -> Iterator[str]:
  share = facts['shortened'] / facts['examples']
  if share > _TOLERATED:
    yield (
      f'{where}: {share:.1%} of the label targets lost words of their rationale'
      f' to keep the label within {lengths.label} tokens; raise Lengths.label'
      ' to keep them whole.'
    )


def _shortened_inputs(
  where: str, facts: Mapping[str, Any], lengths: lengths_lib.Lengths
) -> Iterator[str]:
  share = facts['shortened_inputs'] / facts['examples']
  if share > _TOLERATED:
    yield (
      f'{where}: {share:.1%} of the inputs lost words of their passages or of'
      f' their question to keep within {lengths.inputs} tokens; raise'
      ' Lengths.inputs to keep them whole.'
    )


def _without_shots(
  where: str, facts: Mapping[str, Any], source: 'source_lib.Source'
) -> Iterator[str]:
  share = facts['without_shots'] / facts['examples']
  if share > _TOLERATED:
    yield (
      f'{where}: {share:.1%} of the inputs have no room for all'
      f' {source.shots} solved questions within {source.lengths.inputs} tokens;'
      ' raise Lengths.inputs, or lower Source.shots.'
    )


def _lossy(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
  for feature, loss in facts['lossy'].items():
    shown = ' '.join(repr(char) for char in loss['characters'])
    yield (
      f'{where}: {loss["share"]:.1%} of the {feature} lose characters that'
      f' the vocabulary lacks, such as {shown}.'
    )


def _misspelt(where: str, facts: Mapping[str, Any]) -> Iterator[str]:
  for key, known, number in facts['misspelt']:
    yield (
      f'{where}: {number} records have the unknown key {key!r}, which nothing'
      f' reads; did you mean {known!r}?'
    )


def _judged(
  source: 'source_lib.Source', split: str, facts: Mapping[str, Any]
) -> Iterator[str]:
  """What only training, or only scoring, makes worth a word."""
  where, total = f'{source.task} {split}', facts['examples']
  training = split == source.data_set.splits[0]
  unlabelled = facts['unlabelled']
  if unlabelled and not training:
    yield (
      f'{where}: {unlabelled / total:.1%} of the questions have no label and'
      " are scored against the teacher's; there accuracy means agreement with"
      ' the teacher.'
    )
  unvoted = sum(facts['unvoted'].values())
  # Where no question has any, no method of this run wants them, or it says so.
  wanted = facts['unvoted'].get(tally.ABSENT, 0) < total
  if training and wanted and unvoted > _UNVOTED * total:
    yield (
      f'{where}: {unvoted / total:.1%} of the questions have no rationale that'
      f' won a vote, and only their labels are learnt by methods that vote:'
      f' {lack(facts)}.'
    )
