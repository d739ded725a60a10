"""Where a run's tokens come from: a data set, and how it is read."""

import collections
import dataclasses
import functools
import logging
import pathlib

from distill_jax.data import cached, prepare, publish, registry, tokenizer
from distill_jax.data import fingerprint as fingerprint_lib
from distill_jax.data import lengths as lengths_lib
from distill_jax.data import seen as seen_lib
from distill_jax.data import share as share_lib
from distill_jax.data import shots as shots_lib
from distill_jax.data import tally as tally_lib
from distill_jax.rationales import dataset
from distill_jax.retrieval import knowledge as knowledge_lib
from distill_jax.text import answers as answers_lib
from distill_jax.text import labels as labels_lib
from distill_jax.text import prompts as prompts_lib
from distill_jax.text import tokenizer as tokenizer_lib
from distill_jax.text import vocabulary as vocabulary_lib

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
  """A data set, its prompts and its vocabulary: all that decides the ids.

  Two equal sources have the same fingerprint, so they share one cache; a
  change of an input file, of the code that reads it or of any field but the
  share leads to another cache and never to a stale one.

  Attributes:
    task: module of `distill_jax.tasks`, or the name of one's own.
    vocabulary: of the student.
    prompts: texts around question and rationale.
    lengths: limits in tokens.
    answers: the kind of answer; None for that of the task.
    labels: whose labels to train on; validation and test keep their own.
    max_rationales: how many rationales of a question are read, the first
      ones; None for all. Those left out have no vote either.
    share: of the training questions that are learnt from, above 0 and at most
      1; a smaller one is contained in a larger one of the same seed.
    share_seed: which questions those are.
    knowledge: where passages come from; None for those that the records bring
      along, if any.
    shots: how many of the training questions stand, solved, before every input;
      fewer where they do not fit.
    data_dir: folder of the data set, for tasks that need one.
    cache_dir: where token caches are kept.
  """

  task: str
  vocabulary: tokenizer_lib.Tokenizer = vocabulary_lib.Vocabulary()
  prompts: prompts_lib.Prompts = prompts_lib.Prompts()
  lengths: lengths_lib.Lengths = lengths_lib.Lengths()
  answers: answers_lib.Answers | None = None
  labels: labels_lib.Labels = labels_lib.Gold()
  max_rationales: int | None = None
  share: float = share_lib.ALL
  share_seed: int = 0
  knowledge: knowledge_lib.Knowledge | None = None
  shots: int = 0
  data_dir: str | None = None
  cache_dir: str = '~/.cache/distill_jax'

  def __post_init__(self):
    registry.load(self.task)
    share_lib.check(self.share)
    if self.shots < 0:
      raise ValueError(f'Source.shots is {self.shots}, expected 0 or more.')
    if self.max_rationales is not None and self.max_rationales < 1:
      raise ValueError(
        f'max_rationales={self.max_rationales} leaves no rationale; give at'
        ' least 1, or None for all of them.'
      )

  @property
  def data_set(self) -> dataset.DataSet:
    """The reader of the task's records, with the answers of this source."""
    found = registry.load(self.task).DATA_SET
    if self.answers is None:
      return found
    return dataclasses.replace(found, answers=self.answers)

  @property
  def data_folder(self) -> pathlib.Path | None:
    """The folder of the data set, None for one that needs no files.

    Raises:
      ValueError: if a folder is needed and not given, or absent.
    """
    if self.data_dir is None:
      if self.data_set.needs_data_dir:
        raise ValueError(
          f'The task {self.task!r} reads files; give their folder, as in'
          ' --gin.DATA_DIR=/path/to/folder.'
        )
      return None
    folder = pathlib.Path(self.data_dir).expanduser()
    if not folder.is_dir():
      raise ValueError(f'The data folder {folder} of {self.task!r} is absent.')
    return folder

  @functools.cached_property
  def facts(self) -> dict[str, object]:
    """Everything the ids depend on, as JSON has it.

    It is looked at once: a file that is edited during a run must not move the
    run's cache.
    """
    return {
      'format': fingerprint_lib.FORMAT,
      'task': self.task,
      'code': fingerprint_lib.code(registry.load(self.task)),
      'files': self._files(),
      'vocabulary': self.vocabulary.fingerprint,
      'prompts': fingerprint_lib.settings(self.prompts),
      'lengths': fingerprint_lib.settings(self.lengths),
      'answers': fingerprint_lib.settings(self.data_set.answers),
      'labels': fingerprint_lib.settings(self.labels),
      'max_rationales': self.max_rationales,
      'knowledge': self.knowledge and self.knowledge.facts,
      'shots': self.shots,
    }

  def fitted(self, texts: prompts_lib.Texts) -> prompts_lib.Texts:
    """Returns the texts of an example with inputs that keep their limit.

    Where the prompts have no end to protect, longer inputs stay as they are
    and are cut as ids.
    """
    fits = functools.partial(self._fits, self.lengths.inputs)
    fitted = self.prompts.fitted(texts, fits)
    return shots_lib.before(self._shots, fitted, fits)

  def shortens(self, texts: prompts_lib.Texts) -> bool:
    """Returns whether inputs lose words, so that their end is kept."""
    fits = functools.partial(self._fits, self.lengths.inputs)
    return self.prompts.fitted(texts, fits) != texts

  def lacks_shots(self, texts: prompts_lib.Texts) -> bool:
    """Returns whether not all of the shots fit before the input."""
    fits = functools.partial(self._fits, self.lengths.inputs)
    asked = self.prompts.fitted(texts, fits).label_input
    return len(shots_lib.fitting(self._shots, asked, fits)) < len(self._shots)

  @functools.cached_property
  def _shots(self) -> tuple[str, ...]:
    return shots_lib.of(self) if self.shots else ()

  def fits_label(self, target: str) -> bool:
    """Returns whether a label target and its end keep the limit."""
    return self._fits(self.lengths.label, target)

  def _fits(self, limit: int, text: str) -> bool:
    return len(self.vocabulary.encode(text)) < limit

  def _files(self) -> dict[str, str]:
    folder = self.data_folder
    if folder is None:
      return {}
    return fingerprint_lib.inputs(folder, self.data_set.files)

  def fingerprint(self) -> str:
    """Returns the digest of the facts; it takes no SeqIO to compute."""
    return fingerprint_lib.digest(self.facts)

  def folder(self) -> pathlib.Path:
    """Returns the folder of this source's cache, whether it exists or not."""
    name = self.task.rpartition('.')[2]
    cache_dir = pathlib.Path(self.cache_dir).expanduser()
    return cache_dir / f'{name}-{self.fingerprint()[:12]}'

  def build(self, tokeniser: publish.Tokeniser = tokenizer) -> pathlib.Path:
    """Returns the folder of the cache, made now where it is absent.

    Args:
      tokeniser: who makes ids of the texts; that changes no byte.
    """
    folder = self.folder()
    if not (folder / cached.META).exists():
      _log.info('Building the token cache %s', folder)
      publish.publish(self, folder, tokeniser)
    return folder

  def open(self, split: str) -> cached.Split:
    """Returns a split of the cache, building the cache where it is absent.

    What the builder found worth a warning is said again at every opening.

    Raises:
      ValueError: for an unknown split, unusable input or a damaged cache.
    """
    opened = self.quietly(split)
    for warning in opened.warnings:
      _log.warning(warning)
    return opened

  def quietly(self, split: str) -> cached.Split:
    """Returns what `open` does, without a warning."""
    training = split == self.data_set.splits[0]
    share = self.share if training else share_lib.ALL
    return cached.Split(self.build(), split, share, self.share_seed)

  def count_training(self) -> tuple[int, int]:
    """Returns how many training questions are learnt from, and of how many.

    Without a cache they are read for it.

    Raises:
      ValueError: for unusable input.
    """
    name = self.data_set.splits[0]
    if (self.folder() / cached.META).exists():
      size = cached.Split(self.folder(), name).num_questions
    else:
      tally = tally_lib.Tally()
      collections.deque(prepare.examples(self, name, tally), maxlen=0)
      size = len(tally.rows_of_questions)
    return len(share_lib.rows(size, self.share, self.share_seed)), size

  def seen(self, besides: str) -> seen_lib.Seen:
    """Returns the questions to train and to validate on, none left out.

    So rows of a table over shares of the data are about the same questions:
    SVAMP's 50 test questions without a sibling have none among these.

    Args:
      besides: a split that is compared with them, and is not one of them.
    """
    names = (one for one in dataset.SEEN if one in self.data_set.splits)
    folder = self.build()
    return seen_lib.Seen(
      splits=tuple(cached.Split(folder, one) for one in names if one != besides)
    )
