"""Trains small rerankers on OpenbookQA and holds them against BM25.

  python -m benchmarks.openbookqa_reranker --data=/path/to/openbookqa

The folder holds OpenbookQA's facts and questions, and in `tinyllm/llm` what two
teachers wrote about each question, having seen the gold answer. Both retrievers
are asked by question and choices, and BM25's 100 candidates are what the
reranker orders. One reranker learns from all training questions, another from
those alone whose gold fact is that of no test question.
"""

import argparse
import functools
import json
import logging
import pathlib
import tempfile
import time
from collections.abc import Iterable, Sequence

import rich
import sentencepiece
from rich import table as table_lib

from distill_jax.critics import encoders, reranker
from distill_jax.data import passage_sampling, ranking_source
from distill_jax.losses import listwise
from distill_jax.methods import ranking
from distill_jax.models import t5
from distill_jax.rationales import openbookqa, record, store
from distill_jax.retrieval import bm25, knowledge, queries
from distill_jax.text import vocabulary
from distill_jax.training import loop, optimizers, phases, ranking_run
from distill_jax.training import validation as validation_lib

_PIECES = 4000
_GOLD = 'gold_passages'
_DEPTHS = (1, 3, 5, 10)


def main() -> None:
  """Prints a table."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--data', type=pathlib.Path, required=True)
  parser.add_argument('--steps', type=int, default=2000)
  parser.add_argument('--seed', type=int, default=0)
  parser.add_argument('--tau2', type=float, default=8.0)
  parser.add_argument('--rate', type=float, default=4e-4)
  arguments = parser.parse_args()
  logging.basicConfig(format='%(asctime)s %(message)s')
  logging.getLogger('distill_jax').setLevel(logging.INFO)
  with tempfile.TemporaryDirectory() as folder:
    rich.print(_table(arguments, pathlib.Path(folder)))


def _table(
  arguments: argparse.Namespace, folder: pathlib.Path
) -> table_lib.Table:
  splits = {
    split: list(openbookqa.read(split, str(arguments.data)))
    for split in openbookqa.SPLITS
  }
  _write_vocabulary(folder, arguments.data, splits['train'])
  test = {id for one in splits['test'] for id in one.extra[_GOLD]}
  apart = [one for one in splits['train'] if test.isdisjoint(one.extra[_GOLD])]
  table = table_lib.Table('order', *(f'hits@{depth}' for depth in _DEPTHS))
  for name, training in (
    ('all training questions', splits['train']),
    ('questions of other facts', apart),
  ):
    began = time.process_time()
    found = _trained(arguments, folder, name, {**splits, 'train': training})
    seconds = time.process_time() - began
    if not table.rows:
      table.add_row('BM25', *_shares(found, 'candidate_'))
    title = f'reranker, {name} ({len(training):,}; {seconds:.0f} s of CPU)'
    table.add_row(title, *_shares(found, ''))
  return table


def _shares(found: dict[str, float], name: str) -> list[str]:
  return [f'{100 * found[f"{name}hits@{depth}"]:.1f}' for depth in _DEPTHS]


def _write_vocabulary(
  folder: pathlib.Path, data: pathlib.Path, training: Sequence[record.Record]
) -> None:
  """Makes a vocabulary of the training questions, rationales and all facts."""

  def texts() -> Iterable[str]:
    for one in training:
      yield ' '.join((one.question, *one.choices))
      yield from (rationale.text for rationale in one.rationales)
    for fact in openbookqa.Facts(data_dir=str(data)).passages():
      yield fact.text

  sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter([text.lower() for text in texts()]),
    model_prefix=str(folder / 'pieces'),
    vocab_size=_PIECES,
    normalization_rule_name='nmt_nfkc_cf',  # small letters
    pad_id=0,
    eos_id=1,
    unk_id=2,
    bos_id=-1,
    minloglevel=2,
    num_threads=1,
  )


def _trained(
  arguments: argparse.Namespace,
  folder: pathlib.Path,
  name: str,
  splits: dict[str, Sequence[record.Record]],
) -> dict[str, float]:
  """Returns hits on the test questions of both orders."""
  place = folder / name.replace(' ', '_')
  place.mkdir()
  for split, records in splits.items():
    store.write(place / f'{split}.jsonl', records)
  run = _run(arguments, folder, place)
  loop.train(run, config='')
  return json.loads((place / 'run' / 'eval' / 'records.json').read_text())


def _run(
  arguments: argparse.Namespace, folder: pathlib.Path, place: pathlib.Path
) -> ranking_run.RankingRun:
  facts = openbookqa.Facts(data_dir=str(arguments.data))
  critic = reranker.Reranker(encoder=_encoder(), projection_dim=128)
  update = phases.Update(
    network='critic',
    objective=ranking.Ranking(
      critic=critic,
      loss=functools.partial(listwise.divergence, tau2=arguments.tau2),
    ),
    optimizer=optimizers.AdamW(
      schedule=optimizers.Linear(
        peak=arguments.rate, warmup=arguments.steps // 20
      ),
      max_norm=1.0,
      weight_decay=0.01,
    ),
  )
  phase = phases.Phase(
    updates=(update,),
    steps=arguments.steps,
    batch_size=16,
    candidates=passage_sampling.Passages(),
  )
  return ranking_run.RankingRun(
    model_dir=str(place / 'run'),
    source=ranking_source.RankingSource(
      task='records',
      knowledge=knowledge.Knowledge(
        retriever=bm25.BM25(corpus=facts),
        query=queries.Question(choices=True),
        training_query=queries.EachRationale(),
      ),
      vocabulary=vocabulary.Vocabulary(path=str(folder / 'pieces.model')),
      lengths=ranking_source.Lengths(question=64, passage=32),
      data_dir=str(place),
      cache_dir=str(folder / 'caches'),
    ),
    critic=critic,
    phases=(phase,),
    validation=validation_lib.Validation(
      every=arguments.steps // 5, batch_size=10
    ),
    piece=100,
    log_every=100,
    seed=arguments.seed,
  )


def _encoder() -> encoders.T5Encoder:
  return encoders.T5Encoder(
    config=t5.T5Config(
      vocab_size=_PIECES,
      emb_dim=128,
      num_heads=4,
      head_dim=32,
      mlp_dim=256,
      num_encoder_layers=1,
      num_decoder_layers=1,  # which is not there
      mlp_activations=('relu',),
      dropout_rate=0.0,
    )
  )


if __name__ == '__main__':
  main()
