"""What a reranker learns from: questions, rationales and their passages."""

import dataclasses
import functools
import logging
import pathlib
from typing import Any

from distill_jax.data import fingerprint as fingerprint_lib
from distill_jax.data import publish, ranking_building, ranking_split, registry
from distill_jax.data import share as share_lib
from distill_jax.data import source as source_lib
from distill_jax.rationales import dataset
from distill_jax.retrieval import knowledge as knowledge_lib
from distill_jax.retrieval import truth as truth_lib
from distill_jax.text import tokenizer
from distill_jax.text import vocabulary as vocabulary_lib

_log = logging.getLogger(__name__)

_FORMAT = 2  # raise it when the files of a cache change their form
_CODE = ('ranking_building',)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lengths:
  """Limits in tokens, without the marks of an encoder.

  What is longer is cut at its end.

  Attributes:
    question: of a query's text.
    passage: of a passage.
  """

  question: int = 256
  passage: int = 256

  def __post_init__(self):
    for name, value in dataclasses.asdict(self).items():
      if value < 1:
        raise ValueError(
          f'Lengths.{name} is {value}, expected at least 1 token.'
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankingSource:
  """Candidates of questions, with their relevance for a rationale.

  A training row is a question with one of its rationales: what each of them
  finds, merged, and the retriever's score of every candidate for the rationale.
  Of all other splits a row is a question with what it finds by itself, to be
  put into a better order.

  Source: arXiv:2305.18395, section 3.2.

  Attributes:
    task: module of `distill_jax.tasks`, or the name of one's own.
    knowledge: what stands for a question and for each of its rationales, and
      the retriever that is asked; a `retriever.Scorer`, since it scores for the
      rationale what the question has found. Of other splits' questions its
      `candidates` are put into order.
    vocabulary: of the reranker.
    by_rationale: candidates of a training row that the rationale finds.
    by_question: those that the question finds.
    truth: the right passages of those; where it knows none of a whole split,
      the first 3 of each rationale.
    lengths: limits in tokens.
    share: of the training questions that are learnt from.
    share_seed: which questions those are.
    data_dir: folder of the data set, for tasks that need one.
    cache_dir: where caches are kept.
  """

  task: str
  knowledge: knowledge_lib.Knowledge
  vocabulary: tokenizer.Tokenizer = vocabulary_lib.Vocabulary()
  by_rationale: int = 32
  by_question: int = 32
  truth: truth_lib.Truth = truth_lib.GoldPassages()
  lengths: Lengths = Lengths()
  share: float = share_lib.ALL
  share_seed: int = 0
  data_dir: str | None = None
  cache_dir: str = '~/.cache/distill_jax'

  def __post_init__(self):
    registry.load(self.task)
    share_lib.check(self.share)
    for name in ('by_rationale', 'by_question'):
      if getattr(self, name) < 1:
        raise ValueError(
          f'RankingSource.{name} is {getattr(self, name)}, expected at least 1.'
        )
    if not hasattr(self.knowledge.retriever, 'scores'):
      raise ValueError(
        f'RankingSource.knowledge searches by '
        f'{type(self.knowledge.retriever).__name__}, which scores no given '
        'passages; take a retriever that has `scores`, such as bm25.BM25.'
      )

  @property
  def data_set(self) -> dataset.DataSet:
    """The reader of the task's records."""
    return self._reader.data_set

  @property
  def data_folder(self) -> pathlib.Path | None:
    """The folder of the data set, None for one that needs no files.

    Raises:
      ValueError: if a folder is needed and not given, or absent.
    """
    return self._reader.data_folder

  @functools.cached_property
  def facts(self) -> dict[str, Any]:
    """Everything that decides the rows, as JSON has it."""
    task = registry.load(self.task)
    folder = self.data_folder
    files = self.data_set.files
    return {
      'format': _FORMAT,
      'task': self.task,
      'code': fingerprint_lib.code(task) | fingerprint_lib.modules(_CODE),
      'files': fingerprint_lib.inputs(folder, files) if folder else {},
      'knowledge': self.knowledge.facts | {'k': None},  # nothing is shown
      'vocabulary': self.vocabulary.fingerprint,
      **{name: repr(getattr(self, name)) for name in ('truth', 'lengths')},
      'candidates': [
        self.by_rationale,
        self.by_question,
        self.knowledge.candidates,
      ],
    }

  def folder(self) -> pathlib.Path:
    """Returns the folder of the cache, whether it exists or not."""
    name = self.task.rpartition('.')[2]
    digest = fingerprint_lib.digest(self.facts)[:12]
    return pathlib.Path(self.cache_dir).expanduser() / f'{name}-ranks-{digest}'

  def build(self) -> pathlib.Path:
    """Returns the folder of the cache, made now where it is absent."""
    folder = self.folder()
    if not (folder / ranking_split.META).exists():
      _log.info('Building the cache of candidates %s', folder)
      fill = functools.partial(ranking_building.fill, self)
      publish.whole(folder, ranking_split.META, fill)
    return folder

  def open(self, split: str) -> ranking_split.RankingSplit:
    """Returns a split of the cache; what was odd in building it is said again.

    Raises:
      ValueError: for an unknown split, unusable input or a damaged cache.
    """
    opened = self.quietly(split)
    for warning in opened.warnings:
      _log.warning(warning)
    return opened

  def quietly(self, split: str) -> ranking_split.RankingSplit:
    """Returns what `open` does, without a warning."""
    training = split == self.data_set.splits[0]
    return ranking_split.RankingSplit(
      self.build(),
      split,
      self.share if training else share_lib.ALL,
      self.share_seed,
    )

  def count_training(self) -> tuple[int, int]:
    """Returns how many training rows are learnt from, and of how many.

    Raises:
      ValueError: for unusable input.
    """
    name = self.data_set.splits[0]
    folder = self.build()
    every = ranking_split.RankingSplit(folder, name)
    return len(self.quietly(name)), len(every)

  @property
  def _reader(self) -> source_lib.Source:
    return source_lib.Source(task=self.task, data_dir=self.data_dir)
