"""The model card of an exported network."""

import math
from collections.abc import Iterator
from typing import Any

from distill_jax.export import forms
from distill_jax.export import origin as origin_lib
from distill_jax.weights import contents, template

_HEAD = """\
---
library_name: transformers
pipeline_tag: {pipeline}
tags: [{tags}]
---
"""


def text(origin: origin_lib.Origin, config: contents.Config) -> str:
  """Returns README.md for a folder that transformers reads."""
  trained, form = origin.trained, forms.of(config)
  tags = f'{form.tag}, rationale-distillation' if trained else form.tag
  name = trained.name if trained else origin.place.rstrip('/').split('/')[-1]
  parts = [_HEAD.format(tags=tags, pipeline=form.pipeline), f'# {name}\n']
  parts.append(' '.join(_what(origin, config)) + '\n')
  if trained:
    asking = trained.prompts.described(rationales=trained.rationales)
    parts += ['## Use\n', f'{asking}\n', _use(form, trained)]
  if trained and trained.results:
    parts += ['## Scores\n', _scores(trained)]
  return '\n'.join(parts)


def _what(origin: origin_lib.Origin, config: contents.Config) -> Iterator[str]:
  count = sum(math.prod(shape) for shape in template.shapes(config).values())
  form = forms.of(config)
  yield f'{form.name} of {count:,} parameters: {form.layers}.'
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


def _use(form: forms.Form, trained: origin_lib.Trained) -> str:
  return form.use.format(
    question=f'{trained.prompts.label}Tom has 3 pens and ...'
  )


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
