"""Records of any data set in the layout of the DSS release, see `dss`."""

import dataclasses
import pathlib
from collections.abc import Iterator

from distill_jax.rationales import dss, dss_formats, importing
from distill_jax.rationales import record as record_lib


@dataclasses.dataclass(frozen=True, kw_only=True)
class DssFolder:
  """A folder in the layout of the DSS release.

  Attributes:
    path: the folder.
    name: beginning of its file names.
    part: of `<name>_<part>.json` and `llm/<part>_CoT_<i>.json`.
    teacher: who wrote the completions.
    format: of lines and completions.
  """

  path: str
  name: str
  part: str
  teacher: str
  format: dss_formats.Format = dss_formats.Named()

  def check(self) -> None:
    """Raises a ValueError where the file of questions is absent."""
    if not self._file.is_file():
      there = sorted(path.name for path in self._folder.glob('*_*.json'))
      raise ValueError(
        f'{self._file}: no such file, expected <name>_<part>.json, there '
        f'{"is " + ", ".join(there) if there else "is none"}; correct '
        '--gin.INPUT=..., --gin.NAME=... or --gin.PART=...'
      )

  def read(self) -> importing.Reading:
    """As `importing.Source.read`; records are read one after another."""
    completions = self._folder / 'llm' / f'{self.part}_CoT_*.json'
    return importing.Reading(
      records=self._records(),
      told=(('input', f'{self._file} and {completions}'),),
    )

  @property
  def _folder(self) -> pathlib.Path:
    return pathlib.Path(self.path).expanduser()

  @property
  def _file(self) -> pathlib.Path:
    return self._layout.path(self.part, self._folder)

  @property
  def _layout(self) -> dss.Layout:
    return dss.Parted(
      name=self.name,
      fields=self.format.fields,
      completion=self.format.completion,
    )

  def _records(self) -> Iterator[record_lib.Record]:
    for record in self._layout.part(self.part, self._folder):
      rationales = tuple(
        dataclasses.replace(one, source=self.teacher)
        for one in record.rationales
      )
      yield dataclasses.replace(record, rationales=rationales)
