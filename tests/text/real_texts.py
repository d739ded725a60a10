"""Texts that vocabularies are compared on."""

import functools
import json

from tests import shared

ODD = (
  '',
  ' ',
  '   two  spaces ',
  'line\nline\n\n\tend\n',
  'Naïve ½ café? \u2603 日本語 😀 e\u0301',
  "it's I'LL they've 12,345.67 x-y",
  '#version of <unknown> [MASKED] {a: b}',
  'a\u00a0b\u200bc\u2028d\u0085e\ufeff',
  'Supercalifragilisticexpialidocious' * 4,
)


@functools.cache
def real() -> tuple[str, ...]:
  """Questions of SVAMP and of OpenbookQA."""
  files = (
    shared.path('svamp', 'svamp_train.json'),
    shared.path('openbookqa', 'train_complete.jsonl'),
  )
  texts = []
  for path in files:
    rows = map(json.loads, path.read_text().splitlines()[:300])
    texts += [row.get('input') or _question(row) for row in rows]
  return tuple(texts)


def _question(row: dict) -> str:
  asked = row['question']
  choices = [choice['text'] for choice in asked['choices']]
  return '\n'.join([asked['stem'], *choices, row['fact1']])
