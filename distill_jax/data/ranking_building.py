"""Fills the cache of candidates: every passage once, rows with its number."""

import dataclasses
import itertools
import json
import pathlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from distill_jax.data import arrays, passage_sampling, prepare, ranking_split
from distill_jax.rationales import record as record_lib
from distill_jax.retrieval import filling, retriever, truth

if TYPE_CHECKING:
  from distill_jax.data import ranking_source

_TOLERATED = 0.01  # up to this share of cut texts nobody is told

Found = Sequence[retriever.Hit]


def fill(
  source: 'ranking_source.RankingSource', folder: pathlib.Path
) -> dict[str, Any]:
  """Writes the arrays of all splits; returns what `meta.json` is to say.

  Raises:
    ValueError: for unusable input, or where training rows have no candidates.
    OSError: the retriever cannot be reached.
  """
  dtype = 'uint16' if source.vocabulary.size <= 2**16 else 'int32'
  place = folder / ranking_split.PASSAGES
  place.mkdir()
  splits: dict[str, Any] = {}
  training, *others = source.data_set.splits
  with _Passages(place, source, dtype) as passages:
    for split in (training, *others):
      (folder / split).mkdir()
      right = None if split == training else _truth(source, split)
      rows = (
        _asked_rows(source, split, right)
        if right
        else _training_rows(source, split)
      )
      with _Split(folder / split, source, dtype, passages) as writer:
        for example, own in rows:
          writer.add(example, own)
      facts = writer.facts(f'{source.task} {split}')
      splits[split] = facts | {'truth': right and right.name}
  if not splits[training]['rows']:
    raise ValueError(
      f'The split {training!r} of {source.task!r} has no rationale with two '
      'passages to order; give records with rationales, and a corpus that '
      'their words occur in.'
    )
  return {
    'task': source.task,
    'splits': splits,
    'passages': passages.facts(f'{source.task} passages'),
    'source': source.facts,
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Row:
  """A question and its candidates; the fields are those of the split's rows."""

  question: str
  hits: Found
  relevance: Sequence[float]
  found_by: Sequence[int]
  relevant: Sequence[truth.Ids] = ()


def _training_rows(
  source: 'ranking_source.RankingSource', split: str
) -> Iterator[tuple[str, list[_Row]]]:
  """Yields each question's name and a row for each of its rationales.

  Those with nothing to order are among them.
  """
  asked = filling.searched(
    source.knowledge.retriever,
    source.knowledge.query,
    prepare.records(source, split),
    source.by_question,
  )
  for record, (by_question,) in asked:
    (question,) = source.knowledge.query.texts(record)
    texts = source.knowledge.training_query.texts(record)
    found = source.knowledge.retriever.search(texts, source.by_rationale)
    merged = [_merged(by_rationale, by_question) for by_rationale in found]
    # The score for the rationale of what the question found, too.
    scores = source.knowledge.retriever.scores(
      texts, [[hit.id for hit, _ in some] for some in merged]
    )
    yield (
      record.example_id,
      [
        _Row(
          question=question,
          hits=[hit for hit, _ in some],
          relevance=relevance,
          found_by=[bits for _, bits in some],
        )
        for some, relevance in zip(merged, scores, strict=True)
      ],
    )


def _asked_rows(
  source: 'ranking_source.RankingSource', split: str, right: truth.Truth
) -> Iterator[tuple[str, list[_Row]]]:
  """Yields each question's name and its row, with its right passages."""
  asked = filling.searched(
    source.knowledge.retriever,
    source.knowledge.query,
    prepare.records(source, split),
    source.knowledge.candidates,
  )
  for record, (hits,) in asked:
    (question,) = source.knowledge.query.texts(record)
    row = _Row(
      question=question,
      hits=hits,
      relevance=[hit.score for hit in hits],
      found_by=[passage_sampling.BY_QUESTION] * len(hits),
      relevant=_relevant(source, right, record),
    )
    yield record.example_id, [row]


def _truth(source: 'ranking_source.RankingSource', split: str) -> truth.Truth:
  """Returns the source's, or the rationales' where it knows nothing right."""
  records = prepare.records(source, split)
  known = any(any(source.truth.relevant(record)) for record in records)
  return source.truth if known else truth.RationalePassages()


def _relevant(
  source: 'ranking_source.RankingSource',
  right: truth.Truth,
  record: record_lib.Record,
) -> list[truth.Ids]:
  """Returns the right passages; of rationales those that they find first."""
  if right is not source.truth:
    (record,) = filling.filled(
      source.knowledge.retriever,
      source.knowledge.training_query,
      [record],
      right.top,
    )
  return right.relevant(record)


def _merged(
  by_rationale: Found, by_question: Found
) -> list[tuple[retriever.Hit, int]]:
  """Returns all hits, each once, and the bits of the searches that found it."""
  hits = {hit.id: hit for hit in itertools.chain(by_rationale, by_question)}
  bits = dict.fromkeys(hits, 0)
  for hit in by_rationale:
    bits[hit.id] |= passage_sampling.BY_RATIONALE
  for hit in by_question:
    bits[hit.id] |= passage_sampling.BY_QUESTION
  return [(hit, bits[id]) for id, hit in hits.items()]


class _Texts:
  """Encodes texts, cuts them to their limit, and counts."""

  def __init__(self, source: 'ranking_source.RankingSource', kind: str):
    self._encode = source.vocabulary.encode
    self._kind, self._limit = kind, getattr(source.lengths, kind)
    self.total = self.longest = self._cut = 0

  def ids(self, text: str) -> list[int]:
    """Returns the ids within the limit."""
    ids = self._encode(text)
    self.total += 1
    self._cut += len(ids) > self._limit
    self.longest = max(self.longest, min(len(ids), self._limit))
    return ids[: self._limit]

  def warnings(self, where: str) -> list[str]:
    """Returns a sentence where many were cut."""
    if self._cut <= _TOLERATED * self.total:
      return []
    share = self._cut / self.total
    mend = f'raise Lengths.{self._kind} to keep them whole'
    text = f'{share:.1%} of the {self._kind}s are longer than {self._limit}'
    return [f'{where}: {text} tokens and were cut; {mend}.']


class _Passages(arrays.Writer):
  """The passages of all splits, each once."""

  def __init__(
    self,
    folder: pathlib.Path,
    source: 'ranking_source.RankingSource',
    dtype: str,
  ):
    super().__init__(folder)
    self._dtype, self._texts = dtype, _Texts(source, 'passage')
    self._numbers: dict[str, int] = {}
    self._names = folder / ranking_split.IDS
    self.start('tokens', dtype)

  def number(self, hit: retriever.Hit) -> int:
    """Returns the number of a passage, which is written when it is new."""
    if hit.id not in self._numbers:
      self._numbers[hit.id] = len(self._numbers)
      self.append_row('tokens', self._texts.ids(hit.text), self._dtype)
    return self._numbers[hit.id]

  def facts(self, where: str) -> dict[str, Any]:
    """Returns what `meta.json` says; the names are written now."""
    self._names.write_text(json.dumps(list(self._numbers)))
    return {
      'arrays': self.table,
      'longest': self._texts.longest,
      'ids_bytes': self._names.stat().st_size,
      'warnings': self._texts.warnings(where),
    }


class _Split(arrays.Writer):
  """The rows of one split."""

  def __init__(
    self,
    folder: pathlib.Path,
    source: 'ranking_source.RankingSource',
    dtype: str,
    passages: _Passages,
  ):
    super().__init__(folder)
    self._passages, self._dtype = passages, dtype
    self._texts = _Texts(source, 'question')
    self._names = folder / ranking_split.ROWS
    self._lines = self._names.open('w', encoding='utf-8')
    self._rows = self._bare = 0
    self._sizes: list[int] = []
    self._training = folder.name == source.data_set.splits[0]
    for name, kind in ranking_split.FEATURES.items():
      self.start(name, kind or dtype)

  def __exit__(self, *exception):
    self._lines.close()
    super().__exit__(*exception)

  def add(self, example: str, rows: Sequence[_Row]) -> None:
    """Writes the rows of a question, in training those with something to order.

    A question without any keeps its place, so that a share of the questions is
    the share that a student has.
    """
    kept = [row for row in rows if not self._training or len(row.hits) > 1]
    self._bare += len(rows) - len(kept)
    self._sizes.append(len(kept))
    for row in kept:
      self._write(example, row)

  def _write(self, example: str, row: _Row) -> None:
    line = {
      'example_id': example,
      'relevant': [sorted(ids) for ids in row.relevant],
    }
    self._lines.write(json.dumps(line) + '\n')
    values = {
      'questions': self._texts.ids(row.question),
      'candidates': [self._passages.number(hit) for hit in row.hits],
      'relevance': row.relevance,
      'found_by': row.found_by,
    }
    for name, kind in ranking_split.FEATURES.items():
      self.append_row(name, values[name], kind or self._dtype)
    self._rows += 1

  def facts(self, where: str) -> dict[str, Any]:
    """Returns what `meta.json` says of the split."""
    warnings = self._texts.warnings(where)
    if self._bare:
      warnings.append(
        f'{where}: {self._bare} of {self._rows + self._bare} rationales have '
        'fewer than two passages to order and were left out.'
      )
    return {
      'arrays': self.table,
      'rows': self._rows,
      'rows_bytes': self._names.stat().st_size,
      'longest': self._texts.longest,
      'questions': self._sizes,
      'warnings': warnings,
    }
