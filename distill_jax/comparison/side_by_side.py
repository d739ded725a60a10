"""Failures as Markdown: counts of runs, and questions side by side."""

from collections.abc import Iterator, Mapping, Sequence

from distill_jax.comparison import failures


def report(runs: Mapping[str, Sequence[failures.Answered]]) -> str:
  """The counts of runs as a Markdown table, and the shares of each run."""
  lines = [_row('', *runs), _row(*['---'] * (len(runs) + 1))]
  found = {name: failures.counts(rows) for name, rows in runs.items()}
  for fault in failures.FAULTS.values():
    numbers = [found[name].get(fault, 0) for name in runs]
    if any(numbers):
      cells = (
        f'{number:,} ({100 * number / len(rows):.1f} %)'
        for number, rows in zip(numbers, runs.values())
      )
      lines.append(_row(fault, *cells))
  return '\n'.join(lines)


def beside(
  runs: Mapping[str, Sequence[failures.Answered]], examples: int
) -> Iterator[str]:
  """Yields questions side by side: one run right and the other not, then both.

  Args:
    runs: two, by their names.
    examples: the first so many of each kind.

  Raises:
    ValueError: the two have no question in common.
  """
  (first, own), (second, others) = runs.items()
  known = {row.example_id: row for row in others}
  pairs = [
    (row, known[row.example_id]) for row in own if row.example_id in known
  ]
  if not pairs:
    raise ValueError(
      f'{first} and {second} have no question in common, expected predictions '
      'of one split; compare runs on the same data.'
    )
  kinds = {
    f'Only {first} is right': (True, False),
    f'Only {second} is right': (False, True),
    'Both are wrong': (False, False),
  }
  for title, kind in kinds.items():
    found = [
      pair for pair in pairs if (pair[0].correct, pair[1].correct) == kind
    ]
    yield f'## {title}: {len(found):,} of {len(pairs):,}'
    for pair in found[:examples]:
      yield _example(tuple(runs), pair)


def _example(names: Sequence[str], pair: Sequence[failures.Answered]) -> str:
  """One question as Markdown."""
  one = pair[0]
  rows = {
    'answer': [row.prediction for row in pair],
    'rationale': [row.rationale for row in pair],
    'passages': [', '.join(row.passages) for row in pair],
    'outcome': [row.fault for row in pair],
  }
  gold = f'; right passages {", ".join(one.gold_passages)}'
  return '\n'.join(
    [
      f'### {one.example_id}\n',
      f'{one.question}\n',
      f'Right: {one.label}{gold if one.gold_passages else ""}\n',
      _row('', *names),
      _row('---', '---', '---'),
      *(_row(name, *cells) for name, cells in rows.items() if any(cells)),
    ]
  )


def _row(*cells: str) -> str:
  texts = (
    ' '.join(cell.replace('\n', '<br>').replace('|', '\\|').split())
    for cell in cells
  )
  return f'| {" | ".join(texts)} |'
