"""A few questions about animals, with rationales and a corpus."""

import json
import pathlib

from distill_jax.data import ranking_source
from distill_jax.retrieval import bm25, corpus, knowledge, queries

ANIMALS = ('bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen', 'owl')
_ASKING = ('retriever', 'candidates', 'query', 'training_query')
PLACES = ('a hive', 'a house', 'a yard', 'a river', 'a den', 'a plain')


def facts() -> list[tuple[str, str]]:
  """The passages: where each animal lives, what it eats, how it sleeps."""
  found = []
  for number, animal in enumerate(ANIMALS):
    place = PLACES[number % len(PLACES)]
    found.append((f'{animal}/lives', f'The {animal} lives in {place}.'))
    found.append((f'{animal}/eats', f'The {animal} eats near {place} at noon.'))
    found.append((f'{animal}/rests', f'At night the {animal} rests.'))
  return found


def write(folder: pathlib.Path) -> pathlib.Path:
  """Writes the records of three splits and the corpus; returns the folder."""
  folder.mkdir(parents=True, exist_ok=True)
  lines = [json.dumps({'id': id, 'text': text}) for id, text in facts()]
  (folder / 'facts.jsonl').write_text('\n'.join(lines) + '\n')
  for split, first, size in (
    ('train', 0, 6),
    ('validation', 6, 1),
    ('test', 7, 1),
  ):
    lines = [json.dumps(_record(i)) for i in range(first, first + size)]
    (folder / f'{split}.jsonl').write_text('\n'.join(lines) + '\n')
  return folder


def _record(number: int) -> dict:
  animal, place = ANIMALS[number], PLACES[number % len(PLACES)]
  return {
    'example_id': animal,
    'question': f'Which home has the {animal}?',
    'label': place,
    'gold_passages': [f'{animal}/lives'],
    'rationales': [
      {'text': f'The {animal} lives in {place}.'},
      {'text': f'It is known that this one lives in {place} all year.'},
    ],
  }


def source(folder: pathlib.Path, **settings) -> ranking_source.RankingSource:
  """The source over what `write` has written."""
  engine = bm25.BM25(corpus=corpus.Corpus(path=str(folder / 'facts.jsonl')))
  asking = {
    'retriever': engine,
    'candidates': 6,
    'query': queries.Question(choices=True),
    **{name: settings.pop(name) for name in _ASKING if name in settings},
  }
  return ranking_source.RankingSource(
    **{
      'task': 'records',
      'knowledge': knowledge.Knowledge(**asking),
      'data_dir': str(folder),
      'cache_dir': str(folder / 'caches'),
      'by_rationale': 5,
      'by_question': 4,
      **settings,
    }
  )
