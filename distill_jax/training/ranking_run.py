"""A reranker's whole run as one object, which a gin file builds."""

import dataclasses
import functools
import json
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
from etils import epath

from distill_jax.critics import critic as critic_lib
from distill_jax.data import (
  fingerprint,
  passage_sampling,
  ranking_loader,
  ranking_source,
  ranking_split,
)
from distill_jax.evaluation import predictions, report
from distill_jax.evaluation import ranking as ranking_lib
from distill_jax.training import experiment, metrics, partition, ranking
from distill_jax.training import initial as initial_lib
from distill_jax.training import phases as phases_lib

_log = logging.getLogger(__name__)

_TOKENS = ('*.offsets', '*.values', ranking_split.ROWS, ranking_split.IDS)
_CRITIC = 'critic'


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankingRun(experiment.Experiment):
  """Trains a reranker, keeps the best one, and holds it against the retriever.

  The best one has most hits@1 on validation questions, then hits@10, then the
  largest mean reciprocal rank. Each test split is put into order once: `eval/`
  says the hits of both orders, `predictions/` the first passages.

  Attributes:
    source: questions and their candidates.
    critic: the reranker.
    critic_initial: its first parameters.
    piece: candidates of each question that are scored at once, outside
      training; less memory for less.
  """

  best: ClassVar[str] = _CRITIC

  source: ranking_source.RankingSource
  critic: critic_lib.Critic
  critic_initial: initial_lib.Initial = initial_lib.FromScratch()
  piece: int = 10

  def __post_init__(self):
    super().__post_init__()
    if not self.phases:
      raise ValueError(
        'RankingRun.phases is empty, expected at least one Phase.'
      )
    for number, phase in enumerate(self.phases, start=1):
      kind = type(phase.candidates).__name__
      if not isinstance(phase.candidates, passage_sampling.Passages):
        raise ValueError(
          f'Phase {number}: candidates are {kind}, expected '
          'passage_sampling.Passages for a reranker.'
        )
      if phase.negatives or phase.trains('student'):
        raise ValueError(
          f'Phase {number}: a reranker has neither a student nor its '
          "negatives; leave Phase.negatives out and update 'critic' alone."
        )
    self.scoring(lambda batch: batch)

  @property
  def networks(self) -> dict[str, partition.Network]:
    """The reranker, by its name."""
    return {_CRITIC: self.critic}

  @property
  def initials(self) -> dict[str, initial_lib.Initial]:
    """Where its first parameters come from."""
    return {_CRITIC: self.critic_initial}

  def check_settings(self) -> None:
    """Refuses what can be refused without looking at any file.

    Raises:
      ValueError: as in every run, if validation takes training questions, or
        the reranker cannot read texts of these lengths.
    """
    super().check_settings()
    if self.validation.split == self.source.data_set.splits[0]:
      raise ValueError(
        f'Validation.split is {self.validation.split!r}, whose candidates were '
        'found by rationales; a reranker is validated on other questions.'
      )
    limits = self.source.lengths
    width = self.critic.width(limits.question, limits.passage)
    limit = self.critic.encoder.max_length
    if limit is not None and width > limit:
      raise ValueError(
        f'Lengths.question is {limits.question} and passage {limits.passage}, '
        f'{width} tokens in a row with its marks, expected at most the '
        f'{limit} positions of the encoder; lower them.'
      )

  def check_vocabulary(self) -> None:
    """Refuses a reranker that does not fit the vocabulary.

    Raises:
      ValueError: as in every run, or if the encoder's marks are other pieces.
    """
    super().check_vocabulary()
    for name in ('cls_id', 'sep_id'):
      here = getattr(self.critic.encoder, name, None)
      there = getattr(self.source.vocabulary, name, here)
      if here is not None and here != there:
        raise ValueError(
          f'The encoder has {name} {here} and the vocabulary '
          f'{self.source.vocabulary.path} {there}; set BertEncoder.{name} to '
          f'{there}.'
        )

  def check_data(self) -> None:
    """Builds the cache, which refuses data with nothing to order."""
    self.source.build()

  def open(self) -> ranking_split.RankingSplit:
    """Returns the training split."""
    return self.source.open(self.source.data_set.splits[0])

  def described(self) -> str:
    """Returns a line for the vocabulary, the passages and each split."""
    names = (self.source.data_set.splits[0], self.validation.split)
    splits = [self.source.quietly(name) for name in names]
    folders = [splits[0].folder.parent / ranking_split.PASSAGES]
    folders += [split.folder for split in splits]
    tokens = [
      fingerprint.digest(fingerprint.inputs(folder, _TOKENS))[:16]
      for folder in folders
    ]
    lines = [
      f'vocabulary: {self.source.vocabulary.fingerprint[:16]}',
      f'passages: tokens {tokens[0]}',
    ]
    lines += [
      f'{split.name}: {len(split)} rows, tokens {digest}'
      for split, digest in zip(splits, tokens[1:])
    ]
    return ''.join(f'{line}\n' for line in lines)

  def loader(
    self,
    split: ranking_split.RankingSplit,
    phase: phases_lib.Phase,
    seed: int,
  ) -> ranking_loader.RankingLoader:
    """Returns the batches of a phase."""
    return ranking_loader.RankingLoader(
      split=split,
      batch_size=phase.batch_size,
      passages=phase.candidates,
      seed=seed,
    )

  def scoring(self, place: Any) -> ranking_lib.Scoring:
    """Returns how candidates are scored outside training."""
    return ranking_lib.Scoring(
      batch_size=self.validation.batch_size, piece=self.piece, place=place
    )

  def about(self) -> dict[str, Any]:
    """Returns what the best checkpoint says of the reranker."""
    source = self.source
    return ranking.about(self.critic, source.vocabulary, source.lengths)

  def validator(self, mesh: jax.sharding.Mesh) -> '_Validator':
    """Returns what measures hits on the validation questions."""
    return _Validator(self, mesh)

  def rank(self, values: Mapping[str, float]) -> tuple[float, ...]:
    """Returns hits@1, then hits@10, then the mean reciprocal rank."""
    return tuple(values[name] for name in ('hits@1', 'hits@10', 'mrr'))

  def best_params(self, mesh: jax.sharding.Mesh) -> tuple[int, Any]:
    """Returns (step, parameters) of the best reranker.

    Raises:
      ValueError: if there is none yet, or one of another shape.
    """
    folder = epath.Path(self.model_dir).expanduser()
    like = partition.abstract_parameters(mesh, self.critic)
    return ranking.load(folder, like)

  def test(self, folder: epath.Path) -> None:
    """Writes `eval/` and `predictions/` of every test split."""
    mesh = self.mesh.build()
    step, params = self.best_params(mesh)
    scoring = self.scoring(functools.partial(partition.put_batch, mesh))
    for name in self.source.data_set.test_splits:
      split = self.source.open(name)
      scores = scoring.scores(self.critic, {_CRITIC: params}, split)
      ranked = ranking_lib.rank(split, scores)
      values = ranking_lib.measures(ranked)
      if not values['num_judged']:  # then the others are no numbers
        values = {'num_judged': 0}
      result = {
        'task': self.source.task.rpartition('.')[2],
        'split': name,
        'step': step,
        'num_examples': len(ranked),
        'truth': split.truth,
        **values,
      }
      files = report.name(self.source.task, name)
      predictions.write(
        folder / 'predictions' / f'{files}.jsonl', ranking_lib.rows(ranked)
      )
      predictions.write_text(
        folder / 'eval' / f'{files}.json', json.dumps(result, indent=2) + '\n'
      )
      _log.info('%s %s: %s', result['task'], name, metrics.shown(values))

  def plan(self) -> str:
    """Returns what the run would do, without doing it."""
    source, limits = self.source, self.source.lengths
    knowledge = source.knowledge
    tokens = (
      f'tokens     at most {limits.question:,} in a question, '
      f'{limits.passage:,} in a passage'
    )
    found = (
      f'candidates {source.by_rationale} by a rationale and '
      f'{source.by_question} by its question in training, '
      f'{knowledge.candidates} by a question elsewhere'
    )
    seen = max(phase.candidates.total for phase in self.phases)
    return '\n'.join(
      [
        f'run        {self.model_dir}',
        f'data       {source.task}, cache {source.cache_dir}',
        f'retriever  {knowledge.retriever.describe()}',
        found,
        *self.network_rows(),
        tokens,
        *self.phase_rows(limits.question + seen * limits.passage),
      ]
    )


class _Validator:
  """Hits of the reranker and of the retriever on validation questions."""

  def __init__(self, run: RankingRun, mesh: jax.sharding.Mesh):
    self._run = run
    self._split = run.source.open(run.validation.split)
    self._scoring = run.scoring(functools.partial(partition.put_batch, mesh))

  def measure(
    self, network: str, params: Mapping[str, Any]
  ) -> dict[str, float]:
    """Returns the measures of the reranker; see `experiment.Validator`."""
    scores = self._scoring.scores(
      self._run.critic,
      {network: params[network]},
      self._split,
      self._run.validation.max_examples,
    )
    found = ranking_lib.measures(ranking_lib.rank(self._split, scores))
    if not found.pop('num_judged'):
      raise ValueError(
        f'The split {self._split.name!r} of {self._run.source.task!r} has no '
        'right passage that hits could be counted by; give records with '
        'gold_passages, or with rationales.'
      )
    return found
