"""Questions of one's own, from the command line and from files."""

import pathlib
import sys
from collections.abc import Iterator, Sequence

from distill_jax.rationales import record as record_lib
from distill_jax.rationales import store


def read(
  questions: Sequence[str], file: str | None = None
) -> list[record_lib.Record]:
  """Returns the questions of `--question` and of `--input`, in this order.

  Lines of a file that are empty are passed over. A question is called after its
  number, `question/2`, or after its file and line, `shop/7`.

  Args:
    questions: those of the command line.
    file: records as JSON lines (`.jsonl`) or one question a line; '-' for the
      standard input.

  Raises:
    ValueError: no question, an empty one on the command line, or a file that
      is absent or not UTF-8.
  """
  found = [*_asked(questions), *(() if file is None else _read(file))]
  if not found:
    raise ValueError(
      'no question; give one by --question=TEXT or a file by --input=FILE'
    )
  return found


def _asked(questions: Sequence[str]) -> Iterator[record_lib.Record]:
  for number, question in enumerate(questions, start=1):
    if not question.strip():
      raise ValueError(
        f'--question number {number} is {question!r}; write a question there '
        'or leave it out'
      )
    yield _record('question', number, question)


def _read(file: str) -> Iterator[record_lib.Record]:
  """Yields the records of a file."""
  if file == '-':
    yield from _lines('the standard input', 'input', sys.stdin.buffer.read())
  elif file.endswith('.jsonl'):
    yield from store.read(file)
  else:
    path = pathlib.Path(file).expanduser()
    if not path.exists():
      raise ValueError(f'--input={file}: no such file; give the path of one')
    yield from _lines(f'--input={file}', path.stem, path.read_bytes())


def _lines(
  place: str, name: str, content: bytes
) -> Iterator[record_lib.Record]:
  try:
    text = content.decode('utf-8-sig')
  except UnicodeDecodeError as error:
    line = content.count(b'\n', 0, error.start) + 1
    raise ValueError(
      f'{place}: line {line} is not UTF-8 ({error.reason}); save it in UTF-8'
    ) from None
  for number, line in enumerate(text.split('\n'), start=1):
    if line.strip():
      yield _record(name, number, line)


def _record(name: str, number: int, question: str) -> record_lib.Record:
  return record_lib.Record(
    example_id=f'{name}/{number}', question=question.strip()
  )
