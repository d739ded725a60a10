"""The model card of an exported network."""

import math
from collections.abc import Iterator
from typing import Any

from distill_jax.export import origin as origin_lib
from distill_jax.models import t5
from distill_jax.weights import template

_HEAD = """\
---
library_name: transformers
pipeline_tag: text2text-generation
tags: [{tags}]
---
"""

_NAMES = {
  (('relu',), True): 'T5 1.0',
  (('gelu', 'linear'), False): 'T5 1.1',
}

_USE = """\
```python
from transformers import AutoTokenizer, T5ForConditionalGeneration

folder = '.'  # this folder
tokenizer = AutoTokenizer.from_pretrained(folder)
model = T5ForConditionalGeneration.from_pretrained(folder)
question = {question!r}
inputs = tokenizer(question, return_tensors='pt')
written = model.generate(**inputs)
print(tokenizer.decode(written[0], skip_special_tokens=True))
```
"""


def text(origin: origin_lib.Origin, config: t5.T5Config) -> str:
  """Returns README.md for a folder that transformers reads."""
  trained = origin.trained
  tags = 't5, rationale-distillation' if trained else 't5'
  name = trained.name if trained else origin.place.rstrip('/').split('/')[-1]
  parts = [_HEAD.format(tags=tags), f'# {name}\n']
  parts.append(' '.join(_what(origin, config)) + '\n')
  if trained:
    asking = trained.prompts.described(rationales=trained.rationales)
    parts += ['## Use\n', f'{asking}\n', _use(trained)]
  if trained and trained.results:
    parts += ['## Scores\n', _scores(trained)]
  return '\n'.join(parts)


def _what(origin: origin_lib.Origin, config: t5.T5Config) -> Iterator[str]:
  count = sum(math.prod(shape) for shape in template.shapes(config).values())
  forms = (config.mlp_activations, config.logits_via_embedding)
  yield (
    f'A {_NAMES.get(forms, "T5")} of {count:,} parameters: '
    f'{config.num_encoder_layers} + {config.num_decoder_layers} layers of '
    f'width {config.emb_dim}, {config.num_heads} heads of {config.head_dim}.'
  )
  if origin.vocabulary is not None:
    yield f'It has {origin.vocabulary.padding(config.vocab_size)}.'
  if origin.trained:
    yield (
      f'It is the best student, by validation, of the run '
      f'`{origin.trained.name}` of distill_jax: data set '
      f'`{origin.trained.data}`, method {", ".join(origin.trained.methods)}.'
    )
  else:
    yield f'distill_jax has converted it from `{origin.place}`.'


def _use(trained: origin_lib.Trained) -> str:
  return _USE.format(question=f'{trained.prompts.label}Tom has 3 pens and ...')


def _scores(trained: origin_lib.Trained) -> str:
  rows = [
    f'Measured by distill_jax, computing in {trained.dtype}.',
    '',
    '| split | step | questions | accuracy | 95 % |',
    '|---|---|---|---|---|',
  ]
  rows += [_row(result) for result in trained.results]
  return '\n'.join(rows) + '\n'


def _row(result: dict[str, Any]) -> str:
  return (
    f'| {result["split"]} | {result["step"]:,} | {result["num_examples"]:,} | '
    f'{result["accuracy"]:.1%} | {result["low"]:.1%} to {result["high"]:.1%} |'
  )
