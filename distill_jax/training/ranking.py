"""A trained reranker, ready to put passages into order."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from etils import epath
from jaxtyping import Float, Int

from distill_jax.critics import critic as critic_lib
from distill_jax.data import batching, fingerprint, ranking_source
from distill_jax.data import lengths as lengths_lib
from distill_jax.evaluation import ranking as ranking_lib
from distill_jax.retrieval import retriever
from distill_jax.text import tokenizer
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.training import best, checkpoints, finite, partition

FACTS = 'reranker'  # where a checkpoint's facts say what reranker it is
_CRITIC = 'critic'
# What may differ between training and use.
_FREE = ('dropout_rate', 'dtype', 'remat')

Found = list[list[retriever.Hit]]


def about(
  critic: critic_lib.Critic,
  vocabulary: tokenizer.Tokenizer,
  lengths: ranking_source.Lengths,
) -> dict[str, Any]:
  """Returns what a checkpoint says of a reranker and of the texts it reads."""
  return {
    FACTS: {
      'network': _fixed(fingerprint.settings(critic)),
      'vocabulary': vocabulary.fingerprint,
      'lengths': dataclasses.asdict(lengths),
    }
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranker:
  """The best reranker of a run, as a student's run uses it.

  Network, vocabulary and lengths are those that the reranker was trained with;
  its folder says which those were. It is read when it is first asked.

  Attributes:
    path: the folder of a finished `ranking_run.RankingRun`.
    critic: the reranker.
    vocabulary: of the reranker.
    lengths: limits of its texts in tokens.
    scoring: how many candidates are read at once.
  """

  path: str
  critic: critic_lib.Critic
  vocabulary: tokenizer.Tokenizer = vocabulary_lib.Vocabulary()
  lengths: ranking_source.Lengths = ranking_source.Lengths()
  scoring: ranking_lib.Scoring = ranking_lib.Scoring()

  def check(self) -> None:
    """Refuses a folder without this very reranker.

    Raises:
      ValueError: if there is none, or it was trained with other settings.
    """
    folder = epath.Path(self.path).expanduser()
    if not checkpoints.holds_any(folder / best.FOLDER):
      raise ValueError(
        f'{self.path} has no best reranker, expected the folder of a finished '
        'RankingRun; train one there first, or give another folder.'
      )
    with checkpoints.opened(folder / best.FOLDER) as store:
      said = store.facts(best.newest(folder, store, _CRITIC)).get(FACTS)
    here = about(self.critic, self.vocabulary, self.lengths)[FACTS]
    if said is None:
      raise ValueError(
        f'{self.path} holds the best of a run of another kind, expected that '
        'of a RankingRun; give the folder of a reranker.'
      )
    changes = list(_differences(said, here))
    if changes:
      raise ValueError(
        f'{self.path} holds another reranker than the one here: '
        f'{"; ".join(changes[:4])}; give the settings that it was trained with.'
      )

  def order(self, queries: Sequence[str], found: Found) -> Found:
    """Returns the passages of each query, the best first, with its scores.

    Passages of equal scores stay in their order. Texts that are too long are
    cut at their end, as they were in training.

    Args:
      queries: that the passages were found by.
      found: passages of each; none for one that found nothing.

    Raises:
      ValueError: as `check`.
    """
    ordered = []
    for hits, scores in zip(found, self._scores(queries, found), strict=True):
      order = np.argsort(-scores, kind='stable')
      ordered.append(
        [dataclasses.replace(hits[i], score=float(scores[i])) for i in order]
      )
    return ordered

  def _scores(
    self, queries: Sequence[str], found: Found
  ) -> list[Float[np.ndarray, ' K']]:
    """Returns the scores of each query's passages."""
    params = {_CRITIC: self._params}
    num, size = max(map(len, found), default=0), self.scoring.batch_size
    if not num:
      return [np.zeros(0, np.float32)] * len(found)
    # The same passage is found by many questions.
    texts = {hit.id: hit.text for hits in found for hit in hits}
    passages = dict(zip(texts, self._encoded(texts.values(), 'passage')))
    questions = self._encoded(queries, 'question')
    widths = _width(questions), _width(passages.values())
    scores: list[Float[np.ndarray, ' K']] = []
    for start in range(0, len(found), size):
      some = found[start : start + size]
      asked, candidates = _batch(
        questions[start : start + size], some, passages, (size, num), widths
      )
      scored = self.scoring.of(self.critic, params, asked, candidates)
      scores += [own[: len(hits)] for own, hits in zip(scored, some)]
    return scores

  def _encoded(self, texts: Iterable[str], kind: str) -> list[list[int]]:
    limit = getattr(self.lengths, kind)
    return [self.vocabulary.encode(text)[:limit] for text in texts]

  @functools.cached_property
  def _params(self) -> Any:
    self.check()
    mesh = partition.Mesh().build()
    like = partition.abstract_parameters(mesh, self.critic)
    _, params = load(epath.Path(self.path).expanduser(), like)
    finite.check_start(self.path, params)
    return params


def load(folder: epath.Path, like: Any) -> tuple[int, Any]:
  """Returns (step, parameters) of the best reranker of a run.

  Args:
    folder: of the run.
    like: shapes and places of the parameters.

  Raises:
    ValueError: if there is none yet, or one of another shape or kind.
  """
  with checkpoints.opened(folder / best.FOLDER) as store:
    step = best.newest(folder, store, _CRITIC)
    return step, store.load_part(step, {_CRITIC: like})[_CRITIC]


def _width(rows: Iterable[Sequence[int]]) -> int:
  return lengths_lib.padded(max(map(len, rows)), limit=2**30)


def _batch(
  questions: list[list[int]],
  found: Found,
  passages: Mapping[str, list[int]],
  shape: tuple[int, int],
  widths: tuple[int, int],
) -> tuple[Int[np.ndarray, 'B S'], Int[np.ndarray, 'B K T']]:
  """Returns ids of questions and candidates, filled up to one shape."""
  size, num = shape
  empty = size - len(found)
  rows = [
    passages[hits[at].id] if at < len(hits) else ()
    for hits in [*found, *[[]] * empty]
    for at in range(num)
  ]
  return (
    batching.padded([*questions, *[()] * empty], widths[0]),
    batching.padded(rows, widths[1]).reshape(size, num, widths[1]),
  )


def _fixed(settings: Any) -> Any:
  """Returns settings as JSON has them, without those that may differ."""
  if isinstance(settings, dict):
    return {
      name: _fixed(value)
      for name, value in settings.items()
      if name not in _FREE
    }
  return list(settings) if isinstance(settings, tuple) else settings


def _differences(there: Any, here: Any, name: str = '') -> list[str]:
  """Returns a phrase per setting that is not the same."""
  if isinstance(there, dict) and isinstance(here, dict):
    return [
      phrase
      for key in here | there
      for phrase in _differences(
        there.get(key), here.get(key), f'{name}.{key}'.lstrip('.')
      )
    ]
  return [] if there == here else [f'{name} was {there!r}, not {here!r}']
