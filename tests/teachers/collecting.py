"""Small collections over HTTP, and what is in them."""

import dataclasses
import json
import pathlib
import sys

from distill_jax.teachers import asking, endpoint, secret
from distill_jax.teachers.stores import collection

FREE = secret.Key(variable=None)


def collected(url, folder, **more):
  """A collection of the embedded story problems whose waits are short.

  Args:
    url: of the endpoint.
    folder: of the result.
    **more: fields of `Collection`, `Asking` and `Endpoint`.
  """
  kinds = {
    'teacher': (endpoint.Endpoint, {'model': 'any', 'url': url, 'key': FREE}),
    'asking': (asking.Asking, {'first_wait': 0.01, 'longest_wait': 0.1}),
  }
  built = {}
  for name, (kind, fields) in kinds.items():
    known = {field.name for field in dataclasses.fields(kind)}
    own = {key: more.pop(key) for key in [*more] if key in known}
    fields = {**fields, **own}
    built[name] = kind(**fields)
  return collection.Collection(
    output=str(folder), **{'task': 'story_problems', **built, **more}
  )


def records(folder, split='train'):
  """The lines of a split."""
  text = pathlib.Path(folder, f'{split}.jsonl').read_text('utf-8')
  return [json.loads(line) for line in text.splitlines()]


def keys(job):
  """Every sample's key."""
  return [
    key for request in job.requests() for key in request.keys(job.teacher.model)
  ]


def command(url, folder, **macros):
  """The command that collects the same from a shell."""
  macros = {
    'TASK': 'story_problems',
    'MODEL': 'any',
    'URL': url,
    'OUTPUT': folder,
    **macros,
  }
  return [
    *(sys.executable, '-m', 'distill_jax.collect', '--gin_file=collect.gin'),
    *(f'--gin.{name}={value}' for name, value in macros.items()),
  ]
