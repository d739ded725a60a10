"""Caches without TensorFlow: hand-made ids, or a tokeniser in plain Python."""

import json

from distill_jax.data import cached, plan, writing
from distill_jax.data import lengths as lengths_lib
from distill_jax.text import vocabularies

LENGTHS = lengths_lib.Lengths(inputs=16, label=4, rationale=8)


def row(number, rationales=(), votes=()):
  """Ids that tell the example: question 1, for one, begins with 11."""
  return {
    'label_inputs': [2, 10 + number, 1],
    'label_targets': [30 + number, 1],
    'rationale_inputs': [3, 10 + number, 1],
    'questions': [10 + number],
    'rationales': list(rationales),
    'votes': list(votes),
  }


def opened(folder, rows, lengths=LENGTHS, name='train'):
  """The split of a cache that holds these rows."""
  (folder / name).mkdir(parents=True)
  orders = plan.Plan(
    vocabulary='', dtype='uint16', lengths=lengths, splits=(name,)
  )
  facts = writing.write(rows, folder / name, orders)
  facts |= {'warnings': ['a warning'], 'dropped': {'no label': 2}, 'lack': ''}
  facts['rows_of_questions'] = None
  facts['record_bytes'] = (folder / name / cached.RECORDS).write_text(
    ''.join(
      json.dumps({'example_id': f'made/{i}', 'question': 'How many?'}) + '\n'
      for i in range(len(rows))
    )
  )
  meta = {
    'task': 'hand_made',
    'lengths': vars(lengths),
    'splits': {name: facts},
  }
  (folder / cached.META).write_text(json.dumps(meta))
  return cached.Split(folder, name)


def tokenise(orders, folder):
  """What `tokenizer.run` does, in plain Python, without SeqIO."""
  vocabulary = vocabularies.opened(
    orders.kind, orders.vocabulary, orders.settings
  )
  for split in orders.splits:
    examples = (
      _ids(texts, vocabulary) for texts in plan.read_texts(folder / split)
    )
    facts = writing.write(examples, folder / split, orders)
    (folder / split / plan.FACTS).write_text(json.dumps(facts))
    (folder / split / plan.TEXTS).unlink()


def _ids(texts, vocabulary):
  end = [vocabulary.eos_id]
  ids = {name: vocabulary.encode(texts[name]) + end for name in cached.FEATURES}
  return ids | {
    'questions': vocabulary.encode(texts['questions']),
    'rationales': [vocabulary.encode(t) + end for t in texts['rationales']],
    'votes': texts['votes'],
  }
