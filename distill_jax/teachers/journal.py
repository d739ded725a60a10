"""The journal: every sample that was ever paid for, under its key.

One SQLite file. A sample is there once it is on the disk, whatever happens to
process or machine afterwards; nothing is ever changed or removed. Reading and
writing take memory for what is asked for and no more.
"""

import contextlib
import dataclasses
import datetime
import pathlib
import sqlite3
from collections.abc import Iterator, Sequence

from distill_jax.teachers import request as request_lib
from distill_jax.teachers import spending

_FORMAT = 1
_TABLE = """
CREATE TABLE samples (
  key TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  model TEXT NOT NULL,
  place TEXT NOT NULL,
  sample INTEGER NOT NULL,
  text TEXT NOT NULL,
  finish TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  estimated INTEGER NOT NULL,
  money REAL NOT NULL,
  seconds REAL NOT NULL,
  written TEXT NOT NULL
)"""
_REPLY = [field.name for field in dataclasses.fields(request_lib.Reply)]
_AT_ONCE = 500  # keys in one query


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
  """A sample and what is known about it.

  Attributes:
    key: of the sample.
    name: of what was asked about.
    model: that wrote it.
    place: where the model was reached; '' for one in process.
    sample: its number.
    reply: what came.
    money: that it cost.
    seconds: that its request took.
  """

  key: str
  name: str
  model: str
  place: str
  sample: int
  reply: request_lib.Reply
  money: float
  seconds: float


class Journal:
  """An open journal; `opened` makes one."""

  def __init__(self, connection: sqlite3.Connection):
    self._connection = connection

  def find(self, keys: Sequence[str]) -> dict[str, request_lib.Reply]:
    """The samples that are there, by key."""
    found = {}
    for first in range(0, len(keys), _AT_ONCE):
      part = keys[first : first + _AT_ONCE]
      marks = ', '.join('?' * len(part))
      rows = self._connection.execute(
        f'SELECT key, {", ".join(_REPLY)} FROM samples WHERE key IN ({marks})',
        part,
      )
      for key, *values in rows:
        said = dict(zip(_REPLY, values))
        said['estimated'] = bool(said['estimated'])
        found[key] = request_lib.Reply(**said)
    return found

  def add(self, entries: Sequence[Entry]) -> None:
    """Writes samples so that all of them are on the disk afterwards.

    One whose key is there already changes nothing.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec='seconds')
    with self._connection as transaction:
      transaction.executemany(
        f'INSERT OR IGNORE INTO samples VALUES ({", ".join("?" * 13)})',
        [_row(entry, now) for entry in entries],
      )

  def spent(self) -> spending.Spent:
    """What all samples together have cost."""
    return self._spent('')

  def note(self, keys: Sequence[str]) -> None:
    """Notes samples for `noted`, each once; the notes end with the journal."""
    self._connection.executemany(
      'INSERT OR IGNORE INTO noted VALUES (?)', [(key,) for key in keys]
    )

  def noted(self) -> spending.Spent:
    """What the noted samples have cost, as far as they are there."""
    return self._spent('WHERE key IN (SELECT key FROM noted)')

  def places(self) -> list[str]:
    """Where the models that wrote the noted samples were reached."""
    rows = self._connection.execute(
      'SELECT DISTINCT place FROM samples'
      ' WHERE key IN (SELECT key FROM noted) ORDER BY place'
    )
    return [place for (place,) in rows if place]

  def seconds(self, model: str) -> float | None:
    """The mean seconds of a request to a model, None where there is none."""
    return self._connection.execute(
      'SELECT avg(seconds) FROM samples WHERE model = ?', [model]
    ).fetchone()[0]

  def _spent(self, which: str) -> spending.Spent:
    row = self._connection.execute(
      'SELECT count(*), total(money), coalesce(sum(prompt_tokens), 0),'
      f' coalesce(sum(completion_tokens), 0) FROM samples {which}'
    ).fetchone()
    return spending.Spent(
      samples=row[0],
      money=row[1],
      prompt_tokens=row[2],
      completion_tokens=row[3],
    )


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[Journal]:
  """Opens a journal for this process alone; it is made where it is absent.

  Raises:
    ValueError: the file is no journal, is damaged, or is in use.
    OSError: its folder cannot be written to.
  """
  path.parent.mkdir(parents=True, exist_ok=True)
  with _explained(path):
    connection = sqlite3.connect(path, timeout=1, check_same_thread=False)
    with contextlib.closing(connection):
      _prepare(connection, path)
      yield Journal(connection)


def _prepare(connection: sqlite3.Connection, path: pathlib.Path) -> None:
  """Locks the file, and makes its table where it is new."""
  connection.execute('PRAGMA locking_mode = EXCLUSIVE')
  connection.execute('PRAGMA journal_mode = WAL')
  connection.execute('PRAGMA synchronous = FULL')
  connection.execute('BEGIN EXCLUSIVE')
  (version,) = connection.execute('PRAGMA user_version').fetchone()
  if version == 0:
    if connection.execute('SELECT 1 FROM sqlite_master').fetchone():
      raise ValueError(f'{path} is no journal of samples; give another path.')
    connection.execute(_TABLE)
    connection.execute(f'PRAGMA user_version = {_FORMAT}')
  elif version != _FORMAT:
    raise ValueError(
      f'{path} has the format {version}, expected {_FORMAT}; use the version '
      'of distill_jax that wrote it, or give another path.'
    )
  connection.execute('CREATE TEMP TABLE noted (key TEXT PRIMARY KEY)')
  connection.commit()


@contextlib.contextmanager
def _explained(path: pathlib.Path) -> Iterator[None]:
  """Says in a sentence what SQLite refuses."""
  try:
    yield
  except sqlite3.DatabaseError as error:
    mend = {
      'SQLITE_BUSY': 'another process uses it; wait for its end or stop it',
      'SQLITE_FULL': 'make room there; what it holds is safe',
      'SQLITE_NOTADB': 'give another path',
      'SQLITE_CORRUPT': 'save what is left by `sqlite3 FILE .recover`',
    }.get(error.sqlite_errorname, 'give a path that can be written to')
    raise ValueError(
      f'{path}: the journal of samples cannot be used ({error}); {mend}.'
    ) from error


def _row(entry: Entry, now: str) -> tuple:
  reply = entry.reply
  return (
    entry.key,
    entry.name.encode('utf-8', 'replace').decode(),
    entry.model,
    entry.place,
    entry.sample,
    reply.text,
    reply.finish,
    reply.prompt_tokens,
    reply.completion_tokens,
    reply.estimated,
    entry.money,
    entry.seconds,
    now,
  )
