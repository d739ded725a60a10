"""Predictions on disk: a JSON object per line."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from etils import epath


def write(path: epath.Path, rows: Iterable[Mapping[str, Any]]) -> None:
  """Writes JSON lines aside and renames them, so the file appears whole."""
  lines = (json.dumps(row, ensure_ascii=False) + '\n' for row in rows)
  write_text(path, ''.join(lines))


def write_text(path: epath.Path, text: str) -> None:
  """Writes a text aside and renames it, so the file appears whole."""
  path.parent.mkdir(parents=True, exist_ok=True)
  aside = path.parent / f'{path.name}.part'
  aside.write_text(text)
  aside.replace(path)
