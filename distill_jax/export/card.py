"""The model card of an exported student."""

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
tags: [t5, rationale-distillation]
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
inputs = tokenizer('{prompt}Tom has 3 pens and ...', return_tensors='pt')
written = model.generate(**inputs, max_new_tokens={tokens})
print(tokenizer.decode(written[0], skip_special_tokens=True))
```
"""


def text(origin: origin_lib.Origin, config: t5.T5Config, rows: str) -> str:
  """Returns README.md for a folder that transformers reads.

  Args:
    origin: of the network.
    config: of the network.
    rows: a sentence on ids and rows of the embedding; may be empty.
  """
  trained = origin.trained
  parts = [_HEAD, f'# {trained.name if trained else "T5"}\n']
  parts.append(' '.join(_what(origin, config, rows)) + '\n')
  if trained:
    parts += ['## Use\n', _asking(trained), _use(trained)]
  if trained and trained.results:
    parts += ['## Scores\n', _scores(trained.results)]
  return '\n'.join(parts)


def _what(
  origin: origin_lib.Origin, config: t5.T5Config, rows: str
) -> Iterator[str]:
  count = sum(math.prod(shape) for shape in template.shapes(config).values())
  forms = (config.mlp_activations, config.logits_via_embedding)
  yield (
    f'A {_NAMES.get(forms, "T5")} of {count:,} parameters: '
    f'{config.num_encoder_layers} + {config.num_decoder_layers} layers of '
    f'width {config.emb_dim}, '
    f'{config.num_heads} heads of {config.head_dim}.'
  )
  if rows:
    yield f'It has {rows}.'
  if origin.trained:
    yield (
      f'It is the best student, by validation, of the run '
      f'`{origin.trained.name}` of distill_jax: data set '
      f'`{origin.trained.task}`, method {", ".join(origin.trained.methods)}.'
    )
  else:
    yield 'distill_jax converted it; it was not trained any further.'


def _asking(trained: origin_lib.Trained) -> str:
  prompts = trained.prompts
  said = f'It answers a question behind the prefix `{prompts.label}`'
  if trained.rationales:
    said += f' and explains it behind `{prompts.rationale}`'
  return f'{said}.\n'


def _use(trained: origin_lib.Trained) -> str:
  return _USE.format(prompt=trained.prompts.label, tokens=trained.max_tokens)


def _scores(results: tuple[dict[str, Any], ...]) -> str:
  rows = [
    '| split | step | questions | accuracy | 95 % |',
    '|---|---|---|---|---|',
  ]
  rows += [
    f'| {one["split"]} | {one["step"]:,} | {one["num_examples"]:,} | '
    f'{one["accuracy"]:.1%} | {one["low"]:.1%} to {one["high"]:.1%} |'
    for one in results
  ]
  return '\n'.join(rows) + '\n'
