r"""Passages from a file, one after another.

The end of the file's name says its form; `.gz` may follow:

```
.jsonl  {"id": "physics/12", "text": "Ice floats on water.", "title": "Ice"}
.tsv    physics/12 \t Ice floats on water. \t Ice
.txt    Ice floats on water.
```

A title may be missing. In a `.tsv` a first line `id \t text \t title` is
passed over, and quotes are part of the text; in a `.txt` the numbers of the
lines, from 1, are the ids. Empty lines are passed over.
"""

import dataclasses
import gzip
import hashlib
import json
import pathlib
import zlib
from collections.abc import Callable, Iterator

from distill_jax.rationales import fields as fields_lib
from distill_jax.rationales import record, store

_HEADERS = ('id\ttext', 'id\ttext\ttitle')
_EXAMPLE = '{"id": "physics/12", "text": "Ice floats on water."}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corpus:
  """A file of passages.

  Attributes:
    path: the file, with one of the endings above.
  """

  path: str

  @property
  def file(self) -> pathlib.Path:
    """The file."""
    return pathlib.Path(self.path).expanduser()

  def check(self) -> None:
    """Raises a ValueError where there is no file, or none of a known form."""
    self._parse()
    if not self.file.is_file():
      raise ValueError(
        f'{self.file}: no such file, expected a corpus of passages; correct '
        'the path, or put the file there'
      )

  def fingerprint(self) -> str:
    """A number of the file's bytes, in hexadecimal.

    Raises:
      ValueError: there is no such file.
    """
    self.check()
    with self.file.open('rb') as file:
      return hashlib.file_digest(file, 'sha256').hexdigest()

  def passages(self) -> Iterator[record.Passage]:
    """The passages in the file's order; a title comes before its text.

    'Ice floats on water.' with the title 'Ice' is the passage 'Ice: Ice floats
    on water.'

    Raises:
      ValueError: there is no file, or no passage in it, an id occurs twice, or
        a line is wrong; the sentence names file and line.
    """
    self.check()
    parse, seen, file = self._parse(), {}, self.file
    for line, raw in _lines(file):
      text = store.utf8(raw, file, line).rstrip('\r\n')
      try:
        passage = parse(text, line)
      except ValueError as error:
        raise ValueError(f'{file}:{line}: {error}') from error
      if passage is None:
        continue
      first = seen.setdefault(passage.id, line)
      if first != line:
        raise ValueError(
          f'{file}:{line}: id {passage.id!r} was used in line {first} '
          'already, expected a new one; rename or remove one of the passages'
        )
      yield passage
    if not seen:
      raise ValueError(
        f'{file}: no passage in it, expected one on each line; take the '
        'whole file'
      )

  def _parse(self) -> Callable[[str, int], record.Passage | None]:
    """What makes a passage, or nothing, of a line and its number."""
    form = pathlib.PurePath(self.path.removesuffix('.gz')).suffix
    if form not in _FORMS:
      raise ValueError(
        f'Corpus.path is {self.path!r}, expected a name that ends in '
        f'{", ".join(_FORMS)}, or in one of these and .gz; rename the file by '
        'its form.'
      )
    return _FORMS[form]


def _of_json(text: str, line: int) -> record.Passage:
  del line
  try:
    data = json.loads(text)
  except json.JSONDecodeError as error:
    raise ValueError(
      f'no JSON ({error.msg} at character {error.colno}), expected one object '
      f'on one line, such as {_EXAMPLE}'
    ) from error
  fields = fields_lib.Fields(data, what='passage', example=_EXAMPLE)
  return _passage(
    fields.words('id'), fields.words('text'), fields.text('title')
  )


def _of_tsv(text: str, line: int) -> record.Passage | None:
  if line == 1 and text in _HEADERS:
    return None
  columns = text.split('\t')
  if len(columns) not in (2, 3):
    raise ValueError(
      f'{len(columns)} columns, expected id, text and perhaps a title with '
      'tabs between them; put a space for a tab inside a text'
    )
  for name, column in zip(('id', 'text'), columns):
    if not column.strip():
      raise ValueError(f'an empty {name}, expected words; fill or remove it')
  return _passage(*columns)


def _of_text(text: str, line: int) -> record.Passage:
  return _passage(str(line), text.strip())


_FORMS = {'.jsonl': _of_json, '.tsv': _of_tsv, '.txt': _of_text}


def _passage(id: str, text: str, title: str | None = None) -> record.Passage:
  return record.Passage(id=id, text=f'{title}: {text}' if title else text)


def _lines(path: pathlib.Path) -> Iterator[tuple[int, bytes]]:
  """Numbers, from 1, and bytes of the lines that are not empty."""
  line = 0
  opened = gzip.open if path.suffix == '.gz' else open
  try:
    with opened(path, 'rb') as file:
      for line, raw in enumerate(file, start=1):
        if raw.strip():
          yield line, raw
  except (EOFError, zlib.error, gzip.BadGzipFile) as error:
    raise ValueError(
      f'{path}:{line + 1}: not gzip, or cut off ({error}), expected a whole '
      '.gz file; compress or copy it again'
    ) from error
