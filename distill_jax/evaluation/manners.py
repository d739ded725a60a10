"""How a student settles on one answer to a question."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol

import jax
import numpy as np
from jaxtyping import Int

from distill_jax.data import cached
from distill_jax.evaluation import decode
from distill_jax.students import sampling as sampling_lib
from distill_jax.text import answers as answers_lib
from distill_jax.text import consistency


@dataclasses.dataclass(frozen=True, kw_only=True)
class Written:
  """What a student wrote for the label's input of a question.

  Attributes:
    label: that is read in it; '' if none.
    tokens: its ids: text, EOS if it came, padding.
  """

  label: str
  tokens: Int[np.ndarray, ' T']


class Manner(Protocol):
  """A way to come to an answer."""

  def write(
    self,
    decoder: decode.Decoder,
    params: Any,
    split: cached.Split,
    answers: answers_lib.Answers,
    limit: int | None = None,
  ) -> list[Written]:
    """Returns what counts as the student's answer to each question, in order.

    Args:
      decoder: the student, its vocabulary and the batch size.
      params: the student's parameters.
      split: the questions.
      answers: the kind of answer, which says when two agree.
      limit: how many questions from the first on; None for all.
    """
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Greedy:
  """The likeliest token each time."""

  def write(
    self,
    decoder: decode.Decoder,
    params: Any,
    split: cached.Split,
    answers: answers_lib.Answers,
    limit: int | None = None,
  ) -> list[Written]:
    """As `Manner.write`."""
    del answers
    greedy = sampling_lib.Greedy(max_tokens=decoder.lengths.label)
    return [
      Written(label=decoder.label_in(tokens), tokens=tokens)
      for tokens in decoder.for_labels(params, split, greedy, limit=limit)
    ]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Majority:
  """The answer that most of several samples give, in the words of the first.

  Where two answers share the most votes the one sampled first wins; where no
  sample has an answer the first one stands.

  Source: arXiv:2305.18395, whose code draws 5 samples by top-k 50 and top-p
  0.95.

  Attributes:
    samples: how many vote.
    temperature: of the samples.
    top_k: draw among the k likeliest tokens.
    top_p: draw among the likeliest tokens that together reach this probability.
    seed: of the samples.
  """

  samples: int = 5
  temperature: float = 1.0
  top_k: int = 50
  top_p: float = 0.95
  seed: int = 0

  def __post_init__(self):
    if self.samples < 1:
      raise ValueError(
        f'Majority.samples is {self.samples}, expected at least 1.'
      )
    self._sampling(1)  # which checks the rest

  def write(
    self,
    decoder: decode.Decoder,
    params: Any,
    split: cached.Split,
    answers: answers_lib.Answers,
    limit: int | None = None,
  ) -> list[Written]:
    """As `Manner.write`."""
    sampling = self._sampling(decoder.lengths.label)
    keys = jax.random.split(jax.random.key(self.seed), self.samples)
    drawn = [
      decoder.for_labels(params, split, sampling, key, limit) for key in keys
    ]
    return [
      _voted(decoder, tokens, answers.among(record.choices))
      for record, *tokens in zip(split.records(), *drawn)
    ]

  def _sampling(self, max_tokens: int) -> sampling_lib.Temperature:
    return sampling_lib.Temperature(
      max_tokens=max_tokens,
      temperature=self.temperature,
      top_k=self.top_k,
      top_p=self.top_p,
    )


def _voted(
  decoder: decode.Decoder,
  drawn: Sequence[Int[np.ndarray, ' T']],
  answers: answers_lib.Answers,
) -> Written:
  labels = [decoder.label_in(tokens) for tokens in drawn]
  given = [
    answers.parse(label) if answers.valid(label) else None for label in labels
  ]
  winner = consistency.vote(given, answers.same).majority or 0
  return Written(label=labels[winner], tokens=drawn[winner])
