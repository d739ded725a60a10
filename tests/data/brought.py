"""A small data set of one's own, as a user would bring it."""

import json

from distill_jax.data import source

TEXTS = ('Two and two make four.', 'One could guess.', 'Count on fingers.')


def line(number, label='four', answers=('four', 'five', 'four'), **fields):
  """A record whose rationales give these answers; None gives none."""
  rationales = [
    {'text': text if answer is None else f'{text} The answer is {answer}.'}
    | ({'answer': ''} if answer is None else {})
    for text, answer in zip(TEXTS, answers)
  ]
  return {
    'example_id': f'pens/{number}',
    'question': f'How many pens are {number} and two?',
    'label': label,
    'rationales': rationales,
    **fields,
  }


def write(folder, train=None, validation=None, test=None):
  """Writes the three files; by default each has two usable records."""
  folder.mkdir(exist_ok=True)
  parts = {'train': train, 'validation': validation, 'test': test}
  for name, lines in parts.items():
    lines = [line(1), line(2)] if lines is None else lines
    text = ''.join(json.dumps(one) + '\n' for one in lines)
    (folder / f'{name}.jsonl').write_text(text)
  return folder


def read(folder, **fields):
  """The source of the data set in `folder`, its cache beside it."""
  return source.Source(
    **{
      'task': 'records',
      'data_dir': str(folder),
      'cache_dir': str(folder.parent / 'caches'),
      **fields,
    }
  )
