"""A dense retriever that is trained beside its student."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from etils import epath
from jaxtyping import Float, Int

from distill_jax import processes
from distill_jax.critics import dense, dense_retriever
from distill_jax.data import batching
from distill_jax.data import lengths as lengths_lib
from distill_jax.methods import layout as layout_lib
from distill_jax.rationales import record
from distill_jax.retrieval import knowledge as knowledge_lib
from distill_jax.retrieval import passages as passages_lib
from distill_jax.retrieval import queries
from distill_jax.retrieval import retriever as retriever_lib
from distill_jax.text import tokenizer
from distill_jax.text import vocabulary as vocabulary_lib
from distill_jax.training import initial as initial_lib
from distill_jax.training import partition

_FILE = 'passages.npz'


@dataclasses.dataclass(frozen=True, kw_only=True)
class DenseSearch:
  """A corpus that fits the devices, and the encoder that searches it.

  The passages are read once, when a run begins; their vectors lie in the run's
  folder. The encoder of questions is the run's network 'critic'.

  Source: DPR, arXiv:2004.04906, in RAG, arXiv:2005.11401.

  Attributes:
    encoder: of questions and of passages.
    corpus: the passages.
    layout: of the student's inputs.
    vocabulary: of the encoder.
    query: what passages are sought by, in training and afterwards.
    query_length: tokens of a query, without marks; longer ones are cut.
    passage_length: tokens of a passage, for encoder and student.
    shown: passages beside a question when it is asked.
    passage_initial: parameters of the passages' encoder; None for those that
      the questions' encoder begins with.
    memory_gib: what vectors and ids of the corpus may take on each device.
  """

  encoder: dense.DenseEncoder
  corpus: passages_lib.Passages
  layout: layout_lib.Layout
  vocabulary: tokenizer.Tokenizer = vocabulary_lib.Vocabulary()
  query: queries.Question = queries.Question(choices=True)
  query_length: int = 254
  passage_length: int = 254
  shown: int = 1
  passage_initial: initial_lib.Initial | None = None
  memory_gib: float = 4.0

  def __post_init__(self):
    for name in ('query_length', 'passage_length', 'shown'):
      if getattr(self, name) < 1:
        raise ValueError(
          f'DenseSearch.{name} is {getattr(self, name)}, expected at least 1.'
        )
    width = self.encoder.width(self.query_length, self.passage_length)
    limit = self.encoder.encoder.max_length
    if limit is not None and width > limit:
      raise ValueError(
        f'DenseSearch.query_length is {self.query_length} and passage_length '
        f'{self.passage_length}, {width} tokens in a row with its marks, '
        f'expected at most the {limit} positions of the encoder; lower them.'
      )

  def describe(self) -> str:
    """What would be searched, without any work.

    Raises:
      ValueError: there is no such corpus.
    """
    if not self.corpus.path.startswith('<'):  # a macro that waits for a value
      self.corpus.check()
    return f'vectors of {self.corpus.path}, of which questions are trained'

  @property
  def identified(self) -> str:
    """A line that two equal corpora share, wherever they lie."""
    names = (self.corpus.fingerprint(), self.vocabulary.fingerprint)
    return 'searched: passages {:.16}, vocabulary {:.16}\n'.format(*names)

  @functools.cached_property
  def passages(self) -> list[record.Passage]:
    """The corpus.

    Raises:
      ValueError: it cannot be used, or is larger than the devices may hold.
    """
    found = list(self.corpus.passages())
    shape = jax.eval_shape(self.encoder.init, jax.random.key(0))
    row = jax.ShapeDtypeStruct((1, 1), np.int32)
    vector = jax.eval_shape(self.encoder.vectors, shape, row)
    each = 4 * (vector.shape[1] + self.passage_length)
    needed = len(found) * each / 2**30
    if needed > self.memory_gib:
      raise ValueError(
        f'{self.corpus.path} has {len(found):,} passages, whose vectors and '
        f'ids take {needed:.3g} GiB on each device, expected at most '
        f'{self.memory_gib:g} (DenseSearch.memory_gib); take a smaller corpus, '
        'or raise it.'
      )
    return found

  def read(self, texts: Sequence[str]) -> Int[np.ndarray, 'n S']:
    """Returns queries as the ids of the encoder, padded with 0."""
    rows = [self.vocabulary.encode(text) for text in texts]
    return batching.padded(rows, self.query_length)

  def queries(self, records: Sequence[record.Record]) -> Int[np.ndarray, 'n S']:
    """Returns the query of each record as ids, as narrow as they allow."""
    texts = [text for one in records for text in self.query.texts(one)]
    return _narrow(self.read(texts))

  def embedded(
    self, params: Any, mesh: jax.sharding.Mesh
  ) -> Float[np.ndarray, 'N D']:
    """Returns the vector of every passage.

    Args:
      params: of the passages' encoder.
      mesh: the devices.
    """
    texts = [self.vocabulary.encode(one.text) for one in self.passages]
    rows = _narrow(batching.padded(texts, self.passage_length))
    place = functools.partial(partition.put_batch, mesh)
    return dense_retriever.embedded(self.encoder, params, rows, place)

  def table(
    self, embeddings: Float[np.ndarray, 'N D'], mesh: jax.sharding.Mesh
  ) -> dense.Table:
    """Returns what a step needs of the corpus, whole on every device."""
    known = [self.layout.known(one.text) for one in self.passages]
    texts = _narrow(batching.padded(known, self.passage_length))
    whole = partition.replicated(mesh)
    return dense.Table(
      partition.put(embeddings, whole), partition.put(texts, whole)
    )

  def retriever(
    self,
    params: Any,
    embeddings: Float[np.ndarray, 'N D'],
    mesh: jax.sharding.Mesh,
  ) -> dense_retriever.DenseRetriever:
    """Returns what searches by these parameters.

    Args:
      params: of the questions' encoder.
      embeddings: of the passages.
      mesh: the devices.
    """
    return dense_retriever.DenseRetriever(
      encoder=self.encoder,
      params=params,
      read=self.read,
      passages=self.passages,
      embeddings=embeddings,
      name=self.corpus.path,
      place=functools.partial(partition.put_batch, mesh),
    )

  def knowledge(
    self, retriever: retriever_lib.Retriever
  ) -> knowledge_lib.Knowledge:
    """Returns how passages are found beside an asked question."""
    return knowledge_lib.Knowledge(
      retriever=retriever,
      k=self.shown,
      candidates=max(self.shown, 100),
      query=self.query,
    )

  def save(
    self, folder: epath.Path, embeddings: Float[np.ndarray, 'N D']
  ) -> None:
    """Writes the vectors of the passages into the folder of a run."""
    if not processes.leads():
      return
    aside = folder / f'{_FILE}.part'
    with aside.open('wb') as file:
      np.savez(file, embeddings=embeddings, corpus=self.corpus.fingerprint())
    aside.replace(folder / _FILE)

  def load(self, folder: epath.Path) -> Float[np.ndarray, 'N D']:
    """Returns the vectors that a run has written.

    Raises:
      ValueError: there are none, or those of another corpus.
    """
    path = folder / _FILE
    if not path.exists():
      raise ValueError(
        f'{folder} has no {_FILE}, expected the folder of a run with a dense '
        'retriever; train one there first.'
      )
    with path.open('rb') as file:
      found = np.load(file)
      corpus, embeddings = str(found['corpus']), found['embeddings']
    if corpus != self.corpus.fingerprint():
      raise ValueError(
        f'{path} was made of another corpus (fingerprint {corpus[:12]}) than '
        f'{self.corpus.path} ({self.corpus.fingerprint()[:12]}); give that one.'
      )
    return embeddings


def _narrow(rows: Int[np.ndarray, 'n S']) -> Int[np.ndarray, 'n T']:
  """Returns the rows without columns that are padding throughout."""
  longest = int(np.max(np.sum(rows != 0, axis=-1), initial=1))
  return rows[:, : lengths_lib.padded(longest, rows.shape[1])]
