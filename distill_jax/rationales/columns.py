"""Which column of a table holds what of a record."""

import dataclasses
import difflib
import functools
from collections.abc import Iterable, Mapping

OF_QUESTION = ('example_id', 'question', 'label', 'choices', 'passages')
OF_RATIONALE = ('rationale', 'answer', 'source', 'temperature', 'sample')
FIELDS = (*OF_QUESTION, *OF_RATIONALE, 'rationales')
_LIKE = 0.6  # how alike two names are, by difflib's ratio


@dataclasses.dataclass(frozen=True, kw_only=True)
class Columns:
  """Names of columns; None for the column of the same name, if there is one.

  A column that is named here is nothing else: with `label='answer'` the column
  'answer' is not the answer of a rationale too.

  Attributes:
    example_id: names a question; its rows become one record.
    question: what is asked; without an id its rows become one record.
    label: the gold label.
    choices: a list, also one written as JSON, or texts with `separator`
      between them.
    passages: a list of passages as records have them.
    rationale: a teacher's text.
    answer: what this text comes to.
    source: the teacher's name.
    temperature: of its sampling.
    sample: its number among the samples; by default its position.
    rationales: a list of texts, or of rationales as records have them; then
      `answer` is a list too, or absent.
    separator: between choices that are one text.
    of_question: further columns that belong to the question, and say the same
      in all its rows; others belong to the rationale of their row.
    kept: the further columns that are kept; None for all of them.
  """

  example_id: str | None = None
  question: str | None = None
  label: str | None = None
  choices: str | None = None
  passages: str | None = None
  rationale: str | None = None
  answer: str | None = None
  source: str | None = None
  temperature: str | None = None
  sample: str | None = None
  rationales: str | None = None
  separator: str = '|'
  of_question: tuple[str, ...] = ()
  kept: tuple[str, ...] | None = None

  def __post_init__(self):
    """Refuses a column that is two things, and choices without a sign."""
    names = list(self.named)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
      raise ValueError(
        f'Columns: {twice[0]!r} is named twice, expected one use of every '
        'column; leave one out.'
      )
    if not self.separator:
      raise ValueError(
        "Columns.separator is '', expected the sign between choices, as '|'."
      )

  @property
  def named(self) -> tuple[str, ...]:
    """The columns that were named, each of which must be there."""
    given = (getattr(self, field) for field in FIELDS)
    return (*filter(None, given), *self.of_question)

  def uses(self, names: tuple[str, ...]) -> Mapping[str, str]:
    """The field of each of these columns that has one; the others stay out.

    `Columns(label='gold').uses(('gold', 'question', 'label'))` is `{'gold':
    'label', 'question': 'question'}`.
    """
    return _uses(self, names)

  def keeps(self, name: str) -> bool:
    """Whether a further column is kept."""
    return self.kept is None or name in (*self.kept, *self.of_question)

  def check(self, there: Iterable[str]) -> None:
    """Raises a ValueError where a named column, or the question, is absent.

    Args:
      there: all columns of the table.
    """
    wanted = [(getattr(self, field) or '', field) for field in FIELDS]
    wanted += [(name, 'of_question') for name in self.of_question]
    wanted += [(name, 'kept') for name in self.kept or ()]
    wanted += [('question', 'question')] * (self.question is None)
    for name, field in wanted:
      if name and name not in there:
        raise ValueError(lacking(name, field, there))


def lacking(name: str, field: str, there: Iterable[str]) -> str:
  """What to say of a column that is absent, and for which field it was."""
  known = sorted(there)
  close = difflib.get_close_matches(name, known, 1, _LIKE)
  mend = f'--gin.{field.upper()}={close[0] if close else "..."}'
  return (
    f'no column {name!r}, expected it among {", ".join(map(repr, known))}; '
    f'name the right one by {mend}'
  )


@functools.lru_cache(maxsize=1024)
def _uses(columns: Columns, names: tuple[str, ...]) -> Mapping[str, str]:
  given = {getattr(columns, field): field for field in FIELDS}
  given |= dict.fromkeys(columns.of_question, '')
  free = [field for field in FIELDS if getattr(columns, field) is None]
  found = {name: given.get(name, name) for name in names if name}
  found = {
    name: field
    for name, field in found.items()
    if name in given or field in free
  }
  if not {'rationale', 'rationales'} & set(found.values()):
    # 'answer' beside a question alone is not that of a rationale.
    for name in set(OF_RATIONALE) - given.keys():
      found.pop(name, None)
  return {name: field for name, field in found.items() if field}
