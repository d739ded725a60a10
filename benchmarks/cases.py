"""What a training step is timed on, and the ways to make it."""

import argparse
from collections.abc import Iterator

import numpy as np

from benchmarks import batches, floor, jax_steps, networks, products, timing
from distill_jax.models import t5

POSITIVES = 4
NEGATIVES = 2
PASSAGES = 8
INPUTS, LABEL, RATIONALE = 128, 8, 96
METHODS = ('finetune', 'dss', 'qcrd', 'reranker')
IN_ALL = 'ours, gradient in all'
_LABEL = ('label_inputs', 'label_targets')  # what fine-tuning reads
WAYS = ('ours', 'floor', 'eager', 'compile')


class Case:
  """A method on one kind of batches, by all ways.

  Attributes:
    products: those of a round: a step, or one on each batch of real rows, of
      which only the real tokens count, but in the attention.
    steps: of a round.
    facts: what is known of the batches, and of what torch compiled.

  Args:
    options: of the command: `batch`, `steps` and `ways`.
    method: one of `METHODS`.
    c: sizes of the network.
    data: name of a data set, None for random tokens.

  Raises:
    timing.Missing: if the data cannot be had.
  """

  def __init__(
    self,
    options: argparse.Namespace,
    method: str,
    c: t5.T5Config,
    data: str | None,
  ):
    self._options, self._method, self._c = options, method, c
    self._data = data
    self._batches = self._made()
    self.products = self._real_floor() if data else self._floor()
    self.steps = len(self._batches)
    self.facts = {}
    if data:
      names = _LABEL if method == 'finetune' else batches.READ
      self.facts |= batches.shares(self._batches, names)

  def ways(self) -> Iterator[tuple[str, timing.Way]]:
    """Yields names and ways, the first of them ours."""
    asked = self._options.ways
    if 'ours' in asked:
      yield from self._ours()
    if 'floor' in asked:
      yield 'floor', products.timed(self.products, self._c.dtype)
    if {'eager', 'compile'} & set(asked):
      yield from self._torch()

  def _made(self) -> list:
    size = self._options.batch
    if self._data and self._method not in ('finetune', 'dss'):
      raise timing.Missing('real rows are for finetune and dss.')
    if self._method == 'reranker':
      return [batches.ranking(size, INPUTS, INPUTS, PASSAGES)]
    if self._data:
      loader = batches.real(self._data, size)
      return batches.several(loader, self._options.steps)
    number = (POSITIVES, NEGATIVES) if self._method == 'qcrd' else (1, 0)
    return [batches.full(size, INPUTS, LABEL, RATIONALE, *number)]

  def _floor(self) -> list[products.Product]:
    of = products.Texts.full
    size, c = self._options.batch, self._c
    inputs, labels = of(size, INPUTS), of(size, LABEL)
    match self._method:
      case 'finetune':
        return floor.finetune(c, inputs, labels)
      case 'dss':
        rationales = of(size, RATIONALE)
        return floor.step_by_step(c, inputs, labels, rationales)
      case 'qcrd':
        number = POSITIVES + NEGATIVES
        return floor.qcrd(c, inputs, labels, number, RATIONALE)
      case 'reranker':
        marked = INPUTS + 1
        texts = of(size, marked), of(size * PASSAGES, marked)
        return floor.reranker(c, *texts, jax_steps.ranker(c).projection_dim)

  def _real_floor(self) -> list[products.Product]:
    found = []
    for batch in self._batches:
      passes = [(batch.label_inputs, batch.label_targets)]
      if self._method == 'dss':
        passes.append((batch.rationale_inputs, batch.positives))
      for inputs, targets in passes:
        found += floor.finetune(self._c, _texts(inputs), _texts(targets))
    return found

  def _ours(self) -> Iterator[tuple[str, timing.Way]]:
    if self._method == 'reranker':
      critic = jax_steps.ranker(self._c)
      trainer = jax_steps.Trainer(critic, 'critic')
      objective = jax_steps.ranking_objective(critic)
      yield 'ours', trainer.step(objective, self._batches)
      return
    trainer = jax_steps.Trainer(networks.student(self._c))
    objective = jax_steps.objective(self._method, self._c)
    yield 'ours', trainer.step(objective, self._batches)
    if self._method == 'qcrd':
      way = trainer.step(objective, self._batches)
      yield IN_ALL, jax_steps.gradient_in_all(way)

  def _torch(self) -> Iterator[tuple[str, timing.Way]]:
    try:
      from benchmarks import torch_steps

      trainer = torch_steps.Trainer(self._torch_model(), self._c.dtype)
    except (ImportError, timing.Missing) as reason:
      yield 'torch', timing.missing(reason)
      return
    if 'compile' in self._options.ways:
      self.facts['graph breaks'] = trainer.graph_breaks
    made = torch_steps.collated if self._data else torch_steps.arrays
    found = [made(batch) for batch in self._batches]
    for name, loss in self._torch_losses().items():
      if 'eager' in self._options.ways:
        yield f'torch{name}', trainer.eager(loss, found)
      if 'compile' in self._options.ways:
        yield f'torch.compile{name}', trainer.compiled(loss, found)

  def _torch_model(self):
    from benchmarks import torch_ranking, torch_steps

    if self._method == 'reranker':
      dim = jax_steps.ranker(self._c).projection_dim
      return torch_ranking.Reranker(self._c, dim)
    return torch_steps.model(self._c, use_cache=False)

  def _torch_losses(self) -> dict:
    from benchmarks import torch_ranking, torch_steps

    return {
      'finetune': {'': torch_steps.finetune},
      'dss': {'': torch_steps.step_by_step},
      'qcrd': {
        ', encoding each': torch_steps.encoding_each,
        ', encoding once': torch_steps.encoding_once,
      },
      'reranker': {'': torch_ranking.loss},
    }[self._method]


def _texts(array: np.ndarray) -> products.Texts:
  """Returns rows of ids as the floor counts them."""
  ids = array.reshape(-1, array.shape[-1])
  real = int(np.count_nonzero(ids))
  return products.Texts(len(ids), batches.longest(ids), real)
