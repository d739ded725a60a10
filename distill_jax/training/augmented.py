"""A run whose student is trained beside a dense retriever."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from etils import epath
from jaxtyping import Float

from distill_jax.data import cached, retrieval_loader
from distill_jax.data import loader as loader_lib
from distill_jax.evaluation import reading
from distill_jax.training import folder as folder_lib
from distill_jax.training import validation as validation_lib

if TYPE_CHECKING:
  from distill_jax.training import run as run_lib


def check_settings(run: 'run_lib.Run') -> None:
  """Refuses a run whose parts do not agree.

  Raises:
    ValueError: if something else finds or judges passages, or inputs are laid
      out otherwise in training than in the data.
  """
  if run.critic or run.source.knowledge:
    raise ValueError(
      'Run.search is trained as the network critic and finds all passages; '
      'leave Run.critic and Source.knowledge out.'
    )
  layout, source = run.search.layout, run.source
  pairs = {
    'vocabulary': (layout.vocabulary, source.vocabulary),
    'lengths': (layout.lengths, source.lengths),
    'form': (layout.form, getattr(source.prompts, 'form', None)),
  }
  for name, (here, there) in pairs.items():
    if here != there:
      raise ValueError(
        f'Layout.{name} is {here} and that of the source {there}; bind both to '
        'the same object.'
      )
  if layout.form.passages < run.search.shown:
    raise ValueError(
      f'DenseSearch.shown is {run.search.shown} and Instruction.passages '
      f'{layout.form.passages}, expected as many at least; set both.'
    )


def check_data(run: 'run_lib.Run', split: cached.Split) -> None:
  """Refuses a corpus or rows that no input can be made of.

  Raises:
    ValueError: the corpus is too large or has fewer passages than are sought,
      or a row does not end in the last word of the layout.
  """
  search, end = run.search, run.search.layout.end
  sought = [
    getattr(update.objective, 'k', 1)
    for phase in run.phases
    for update in phase.updates
  ]
  if len(search.passages) < max(sought, default=1):
    raise ValueError(
      f'{search.corpus.path} has {len(search.passages)} passages and '
      f'RetrievalAugmented.k is {max(sought)}, expected at most as many; lower '
      'it.'
    )
  for index in range(len(split)):
    ids = split[index].label_inputs
    if tuple(ids[-len(end) :].tolist()) != end:
      raise ValueError(
        f'The input {index} of {split.task!r} {split.name} does not end in '
        f'{search.layout.form.end!r} as ids of its own; raise Lengths.inputs, '
        'or take a vocabulary whose pieces do not cross spaces.'
      )


def loader(
  run: 'run_lib.Run', split: cached.Split, base: loader_lib.Loader
) -> retrieval_loader.RetrievalLoader:
  """Returns the batches of a phase, with what passages are sought by."""
  queries = run.search.queries(split.records())
  return retrieval_loader.RetrievalLoader(loader=base, queries=queries)


def embeddings(
  run: 'run_lib.Run', mesh: jax.sharding.Mesh
) -> Float[np.ndarray, 'N D']:
  """Returns the vectors of the passages, read anew only where a run begins."""
  search, folder = run.search, epath.Path(run.model_dir).expanduser()
  if folder_lib.has_checkpoint(run.model_dir):
    return search.load(folder)
  if search.passage_initial:
    key = jax.random.key(run.seed)
    params = search.passage_initial.params(mesh, search.encoder, key)
  else:
    params = run.initial_of('critic', mesh)
  found = search.embedded(params, mesh)
  search.save(folder, found)
  return found


class Validator(validation_lib.Validator):
  """Lets the student answer beside what the retriever of the moment finds.

  Args:
    run: with a dense retriever.
    mesh: the devices.
  """

  def __init__(self, run: 'run_lib.Run', mesh: jax.sharding.Mesh):
    super().__init__(run.validation, run.source, run.student, None, mesh)
    self._run, self._mesh, self._bare = run, mesh, self._split

  def measure(
    self, network: str, params: Mapping[str, Any]
  ) -> validation_lib.Metrics:
    """Returns the student's metrics, or of 'critic' the hits, if any is known.

    Args:
      network: its name.
      params: parameters of each network by name.
    """
    search = self._run.search
    retriever = search.retriever(
      params['critic'], self._run.embeddings(self._mesh), self._mesh
    )
    self._split, told = reading.reread(
      self._run.source, search.knowledge(retriever), None, self._bare
    )
    if network == 'student':
      return self.student(params['student'])
    return {name: x for name, x in told.items() if name.startswith('hits')}
