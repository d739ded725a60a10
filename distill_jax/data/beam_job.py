"""What the process of a pipeline is told, and what it says where it fails."""

import dataclasses
import json
import pathlib

from distill_jax.data import beam_worker, ranges

_JOB, _FAILED = 'job.json', 'failed.txt'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
  """The orders of a pipeline.

  Attributes:
    exchange: the folder that workers see, see `beam_worker`.
    options: of the pipeline, as on Beam's command lines.
    code: of this package, see `beam_worker.own_code`.
    ranges: what is to be tokenised.
  """

  exchange: str
  options: tuple[str, ...]
  code: str
  ranges: tuple[ranges.Range, ...]

  @classmethod
  def read(cls, folder: pathlib.Path) -> 'Job':
    """Returns the job of a cache that is being built in a folder."""
    fields = json.loads((folder / beam_worker.BEAM / _JOB).read_text())
    fields['options'] = tuple(fields['options'])
    fields['ranges'] = tuple(ranges.Range(**one) for one in fields['ranges'])
    return cls(**fields)

  def write(self, folder: pathlib.Path) -> None:
    """Puts the job into such a folder."""
    text = json.dumps(dataclasses.asdict(self))
    (folder / beam_worker.BEAM / _JOB).write_text(text)


def tell(folder: pathlib.Path, sentence: str) -> None:
  """Says why a job failed."""
  (folder / beam_worker.BEAM / _FAILED).write_text(sentence)


def told(folder: pathlib.Path) -> str | None:
  """Returns why a job failed, None where nothing was said."""
  note = folder / beam_worker.BEAM / _FAILED
  return note.read_text() if note.exists() else None
