"""How often a reranker and the retriever put a right passage first."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from distill_jax import processes
from distill_jax.critics import critic as critic_lib
from distill_jax.critics import pieces
from distill_jax.data import ranking_loader, ranking_split
from distill_jax.retrieval import hits


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scoring:
  """How candidates are scored without dropout, some at a time.

  Attributes:
    batch_size: questions at once.
    piece: candidates of each that are read at once.
    place: puts host arrays where the parameters are.
  """

  batch_size: int = 16
  piece: int = 10
  place: Callable[[Any], Any] = lambda batch: batch

  def __post_init__(self):
    if min(self.batch_size, self.piece) < 1:
      raise ValueError(
        f'Scoring: batch_size is {self.batch_size} and piece {self.piece}, '
        'expected at least 1.'
      )

  def of(
    self,
    critic: critic_lib.Critic,
    params: Mapping[str, Any],
    questions: Int[np.ndarray, 'B S'],
    passages: Int[np.ndarray, 'B K T'],
  ) -> Float[np.ndarray, 'B K']:
    """Returns the reranker's scores of a batch."""
    placed = self.place((questions, passages))
    return processes.fetch(_scored(critic, self.piece, params, *placed))

  def scores(
    self,
    critic: critic_lib.Critic,
    params: Mapping[str, Any],
    split: ranking_split.RankingSplit,
    limit: int | None = None,
  ) -> Iterator[np.ndarray]:
    """Yields for each row the reranker's score of each of its candidates.

    Args:
      critic: the reranker.
      params: parameters by network.
      split: the rows.
      limit: only the first ones; None for all.
    """
    for batch in ranking_loader.evaluation(split, self.batch_size, limit):
      found = self.of(critic, params, batch.questions, batch.passages)
      for weight, valid, scores in zip(batch.weights, batch.valid, found):
        if weight:
          yield scores[valid]


@functools.partial(jax.jit, static_argnums=(0, 1))
def _scored(critic, piece, params, questions, passages):
  return pieces.logits(critic, params, questions, passages, piece)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranked:
  """A question whose candidates were put into a new order.

  Attributes:
    asked: the question's name and its right passages.
    retrieved: ids of the candidates in the retriever's order.
    reranked: the same in the reranker's.
    scores: the reranker's, in its order.
  """

  asked: ranking_split.Asked
  retrieved: tuple[str, ...]
  reranked: tuple[str, ...]
  scores: tuple[float, ...]


def rank(
  split: ranking_split.RankingSplit, scores: Iterator[np.ndarray]
) -> list[Ranked]:
  """Returns the rows with both orders; equal scores keep the retriever's.

  Args:
    split: whose candidates stand in the retriever's order.
    scores: of the first rows, or of all.
  """
  found = []
  for number, (asked, own) in enumerate(zip(split.asked(), scores)):
    names = [split.passage_ids[at] for at in split[number].candidates]
    order = np.argsort(-own, kind='stable')
    found.append(
      Ranked(
        asked=asked,
        retrieved=tuple(names),
        reranked=tuple(names[at] for at in order),
        scores=tuple(float(own[at]) for at in order),
      )
    )
  return found


def measures(ranked: Sequence[Ranked]) -> dict[str, float]:
  """Returns hits and mean reciprocal ranks of both orders.

  `hits@1`, `hits@3`, ... and `mrr` are the reranker's, in [0, 1];
  `candidate_hits@1` ... and `candidate_mrr` the retriever's on the same
  candidates. Questions without a right passage are left out; `num_judged` are
  counted, once for each set of right passages.
  """
  found: dict[str, float] = {}
  for name, order in (('', 'reranked'), ('candidate_', 'retrieved')):
    ranks = [
      rank
      for one in ranked
      for rank in hits.ranks([getattr(one, order)], one.asked.relevant)
    ]
    judged = [rank for rank in ranks if rank is not None]
    for depth in hits.DEPTHS:
      found[f'{name}hits@{depth}'] = hits.share(ranks, depth)
    total = sum(1 / rank for rank in judged)
    found[f'{name}mrr'] = total / len(judged) if judged else float('nan')
    found['num_judged'] = len(judged)
  return found


def rows(ranked: Sequence[Ranked], depth: int = 10) -> Iterator[dict[str, Any]]:
  """Yields what is written of each question: the first passages of both orders.

  Args:
    ranked: the questions.
    depth: how many passages.
  """
  for one in ranked:
    yield {
      'example_id': one.asked.example_id,
      'relevant': [sorted(ids) for ids in one.asked.relevant],
      'retrieved': one.retrieved[:depth],
      'reranked': one.reranked[:depth],
      'scores': one.scores[:depth],
    }
