"""The embedded data set: story problems whose label is an equation.

    Ida picks 24 nuts on Monday. Zoe picks 63 nuts on Monday. Ida picks 6 nuts
    on Friday. How many nuts does Ida pick in all?         ( 24 + 6 )

Nothing is stored: each split is drawn from its seed when it is read, and a
scripted teacher (`story_teacher`) writes five rationales for each question.
Two traits keep the problems fair. Quantities are drawn alike whatever the
operation, so numbers never betray it; and people together with quantities
belong to one split only, so no test question can be remembered.
"""

import dataclasses
import random
import zlib
from collections.abc import Iterator

from distill_jax.rationales import (
  record,
  story_drawing,
  story_teacher,
  story_templates,
)

_HOMES = 8  # parts into which all combinations of people and quantities fall


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Split:
  """How one part of the data set is drawn.

  Attributes:
    size: number of questions.
    templates: situations they tell.
    homes: the combinations of people and quantities that are its own.
  """

  size: int
  templates: tuple[story_templates.Template, ...]
  homes: tuple[int, ...]


_SPLITS = {
  'train': _Split(
    size=4000, templates=story_templates.SEEN, homes=(0, 1, 2, 3, 4)
  ),
  'validation': _Split(size=300, templates=story_templates.SEEN, homes=(5,)),
  'test': _Split(size=500, templates=story_templates.SEEN, homes=(6,)),
  'test_unseen': _Split(size=300, templates=story_templates.UNSEEN, homes=(7,)),
}

SPLITS = tuple(_SPLITS)


def read(
  split: str,
  data_dir: str | None = None,
  *,
  seed: int = 0,
  size: int | None = None,
  errs: float = 1.0,
) -> Iterator[record.Record]:
  """Yields the records of a split, the same ones for the same seed.

  A record's `extra` says what is known about the question (`template`,
  `operations`, `hard`); a rationale's says how good it is (`story_teacher`).

  Args:
    split: one of `SPLITS`.
    data_dir: not used; every data set's reader takes it.
    seed: another one gives another data set.
    size: number of questions; None for that of the split.
    errs: how many times as often as usual the teacher errs.

  Raises:
    ValueError: for an unknown split.
  """
  del data_dir
  drawn = problems(split, seed=seed, size=size)
  for number, problem in enumerate(drawn):
    example_id = f'story_problems/{split}/{number}'
    rng = random.Random(f'{seed}/{example_id}')
    yield record.Record(
      example_id=example_id,
      question=problem.text,
      label=story_teacher.solution(problem).equation,
      rationales=story_teacher.rationales(problem, rng, errs),
      extra={
        'template': problem.template.name,
        'operations': ' '.join(problem.operations),
        'hard': problem.hard,
      },
    )


def problems(
  split: str, *, seed: int = 0, size: int | None = None
) -> Iterator[story_drawing.Problem]:
  """Yields a split's problems, no two with the same people and quantities.

  See `read`.
  """
  if split not in _SPLITS:
    raise ValueError(
      f'story_problems has no split {split!r}; choose one of {list(SPLITS)}'
    )
  layout = _SPLITS[split]
  rng = random.Random(f'{seed}/{split}')
  size = layout.size if size is None else size
  keys = set()
  while len(keys) < size:
    problem = story_drawing.draw(rng, layout.templates)
    home = zlib.crc32(problem.key.encode()) % _HOMES
    if home in layout.homes and problem.key not in keys:
      keys.add(problem.key)
      yield problem
