"""What is known of a network beside its tensors."""

import dataclasses
import json
import logging
import pathlib
from typing import Any, NamedTuple

from etils import epath

from distill_jax.text import prompts as prompts_lib
from distill_jax.text import tokenizer
from distill_jax.training import run as run_lib
from distill_jax.weights import contents
from distill_jax.weights import hugging_face_models as models_lib

_log = logging.getLogger(__name__)

_SHOWN = {'split', 'step', 'num_examples', 'accuracy', 'low', 'high'}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained:
  """The run that a student comes from.

  Attributes:
    name: of its folder.
    methods: that moved the student, phase by phase.
    data: the data set it learnt from.
    prompts: that ask it for a label or a rationale.
    rationales: whether it was taught any.
    max_inputs: tokens that it reads at most.
    max_tokens: that a text of its has room for.
    vocab_limit: ids from here on it never writes; None where all may be.
    dtype: that the run computed in.
    results: of `eval/`, a split each.
  """

  name: str
  methods: tuple[str, ...]
  data: str
  prompts: prompts_lib.Prompts
  rationales: bool
  max_inputs: int
  max_tokens: int
  vocab_limit: int | None
  dtype: str
  results: tuple[dict[str, Any], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Origin:
  """Where a network comes from.

  Attributes:
    place: the checkpoint that is converted, as the user named it.
    vocabulary: of the network; None where nothing says it.
    companions: files that go with the network, copied as they are.
    trained: the run, where there was one.
    notes: what a user should know of these.
  """

  place: str
  vocabulary: tokenizer.Tokenizer | None = None
  companions: tuple[pathlib.Path, ...] = ()
  trained: Trained | None = None
  notes: tuple[str, ...] = ()

  def with_vocabulary(self, given: tokenizer.Tokenizer) -> 'Origin':
    """Returns the same with another vocabulary, whose files are written."""
    kept = (
      path for path in self.companions if path.name not in models_lib.TOKENIZERS
    )
    return dataclasses.replace(
      self, vocabulary=given, companions=tuple(kept), notes=()
    )

  @property
  def has_tokenizer(self) -> bool:
    """Whether the vocabulary is known, or its files are there."""
    names = {path.name for path in self.companions}
    return self.vocabulary is not None or bool(
      names & set(models_lib.TOKENIZERS)
    )


class Network(NamedTuple):
  """A network on disk.

  Attributes:
    weights: its tensors.
    origin: what is known beside them.
  """

  weights: contents.Weights
  origin: Origin


def of_run(run: run_lib.Run) -> Origin:
  """Returns what a run says of its student."""
  folder = epath.Path(run.model_dir).expanduser()
  limits = run.source.lengths
  return Origin(
    place=run.model_dir,
    vocabulary=run.source.vocabulary,
    trained=Trained(
      name=folder.name,
      methods=_methods(run),
      data=_data(run),
      prompts=run.source.prompts,
      rationales=run.teaches_rationales,
      max_inputs=limits.inputs,
      max_tokens=max(limits.label, limits.rationale),
      vocab_limit=getattr(run.student, 'vocab_limit', None),
      dtype=run.student.config.dtype,
      results=_results(folder),
    ),
  )


def _methods(run: run_lib.Run) -> tuple[str, ...]:
  """The objectives of the student, in order, each once."""
  names = (
    type(update.objective).__name__
    for phase in run.phases
    for update in phase.updates
    if update.network == 'student'
  )
  return tuple(dict.fromkeys(names))


def _data(run: run_lib.Run) -> str:
  """The task, and the name of its folder where it has one."""
  folder = run.source.data_dir
  name = run.source.task
  return f'{name} ({pathlib.PurePath(folder).name})' if folder else name


def _results(folder: epath.Path) -> tuple[dict[str, Any], ...]:
  """The accuracies that the run has measured, by task and split."""
  found = []
  for path in sorted((folder / 'eval').glob('*.json')):
    try:
      result = json.loads(path.read_text())
    except ValueError:
      _log.warning('%s is no JSON; the card goes without it', path)
      continue
    if isinstance(result, dict) and result.keys() >= _SHOWN:
      found.append(result)
  return tuple(found)


def of_hugging_face(place: str, folder: pathlib.Path) -> Origin:
  """Returns what lies in a Hugging Face folder.

  Args:
    place: as the user named it.
    folder: where it is.
  """
  there = (folder / name for name in models_lib.COMPANIONS)
  companions = tuple(path for path in there if path.is_file())
  origin = Origin(place=place, companions=companions)
  if not origin.has_tokenizer:
    return origin
  try:
    vocabulary = models_lib.vocabulary(str(folder))
    vocabulary.check()
  except ValueError as error:
    note = f'The tokenizer is copied as it is, nobody has checked it: {error}'
    return dataclasses.replace(origin, notes=(note,))
  return dataclasses.replace(origin, vocabulary=vocabulary)
