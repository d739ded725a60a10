"""Unknown keys of a record that look like known ones it lacks."""

import dataclasses
import difflib
import functools
from collections.abc import Iterator

from distill_jax.rationales import record as record_lib

_LIKE = 0.8  # how alike two keys are, by difflib's ratio


def keys(record: record_lib.Record) -> Iterator[tuple[str, str]]:
  """Yields (unknown key, known key), each pair of a record once.

  `{"question": "Why?", "rationals": []}` gives ('rationals', 'rationales').
  """
  found = {
    pair for item in (record, *record.rationales) for pair in _keys(item)
  }
  yield from sorted(found)


def _keys(
  item: record_lib.Record | record_lib.Rationale,
) -> Iterator[tuple[str, str]]:
  if not item.extra:
    return
  lacking = tuple(
    field.name
    for field in dataclasses.fields(item)
    if not getattr(item, field.name) and field.name not in ('extra', 'place')
  )
  for key in item.extra:
    known = _meant(key, lacking)
    if known:
      yield key, known


@functools.lru_cache(maxsize=256)
def _meant(key: str, lacking: tuple[str, ...]) -> str | None:
  found = difflib.get_close_matches(key.lower(), lacking, 1, _LIKE)
  return found[0] if found else None
