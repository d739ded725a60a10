"""What is known of a network beside its tensors."""

import dataclasses
import json
import logging
import pathlib
from typing import Any

from etils import epath

from distill_jax.text import prompts as prompts_lib
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.training import run as run_lib
from distill_jax.weights import hugging_face

_log = logging.getLogger(__name__)

# What a Hugging Face folder holds beside the network itself.
_COMPANIONS = (
  'generation_config.json',
  'spiece.model',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained:
  """The run that a student comes from.

  Attributes:
    name: of its folder.
    methods: that moved the student, phase by phase.
    task: data set it learnt from.
    prompts: that ask it for a label or a rationale.
    rationales: whether it was taught any.
    max_inputs: tokens that it reads at most.
    max_tokens: that a text of its has room for.
    results: of `eval/`, a split each.
  """

  name: str
  methods: tuple[str, ...]
  task: str
  prompts: prompts_lib.Prompts
  rationales: bool
  max_inputs: int
  max_tokens: int
  results: tuple[dict[str, Any], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Origin:
  """Where a network comes from.

  Attributes:
    place: the checkpoint that is converted.
    vocabulary: of the network; None where nothing says it.
    companions: files of a Hugging Face folder that go with the network.
    trained: the run, where there was one.
  """

  place: str
  vocabulary: vocabulary_lib.Vocabulary | None = None
  companions: tuple[pathlib.Path, ...] = ()
  trained: Trained | None = None


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
      task=run.source.task,
      prompts=run.source.prompts,
      rationales=run.teaches_rationales,
      max_inputs=limits.inputs,
      max_tokens=max(limits.label, limits.rationale),
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


def _results(folder: epath.Path) -> tuple[dict[str, Any], ...]:
  """The accuracies that the run has measured, by task and split."""
  found = []
  for path in sorted((folder / 'eval').glob('*.json')):
    try:
      result = json.loads(path.read_text())
    except ValueError:
      _log.warning('%s is no JSON; the card goes without it', path)
      continue
    if 'accuracy' in result:
      found.append(result)
  return tuple(found)


def of_folder(
  folder: pathlib.Path, vocabulary: vocabulary_lib.Vocabulary | None
) -> Origin:
  """Returns what lies in a folder, or beside a checkpoint.

  Args:
    folder: of the checkpoint.
    vocabulary: that the user names; it stands in for the one that is there.
  """
  there = (folder / name for name in _COMPANIONS)
  companions = tuple(path for path in there if path.is_file())
  if vocabulary is not None or not (folder / hugging_face.CONFIG).exists():
    companions = ()
  return Origin(place=str(folder), vocabulary=vocabulary, companions=companions)
