"""From what an endpoint sent to the samples in it."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from distill_jax.teachers import faults, spending, tokens
from distill_jax.teachers import request as request_lib

_SHOWN = 80  # characters of nonsense in a message


def read(
  content: bytes, content_type: str | None, request: request_lib.Request
) -> list[request_lib.Reply]:
  """The samples of a chat completion.

  Tokens of the whole are divided among them by their lengths; the first bears
  those of the prompt. Where the endpoint counts none, they are estimated.

  Args:
    content: the body of the reply.
    content_type: that the endpoint says it has.
    request: what was asked.

  Raises:
    faults.Passing: it is no chat completion, or there is nothing in it.
  """
  data = _decoded(content, content_type)
  if not isinstance(data, dict):
    raise _nonsense('no JSON object', content)
  choices = data.get('choices')
  if not isinstance(choices, list):
    said = data.get('error') or 'no choices'
    raise _nonsense(f'no completion ({said})', content)
  if not choices:
    raise _nonsense('no choice', content)
  try:
    said = [_text(choice) for choice in choices]
  except (AttributeError, KeyError, TypeError):
    raise _nonsense('a choice without a message', content) from None
  texts = [text for text, _ in said]
  usage, estimated = _usage(data.get('usage'), texts, request)
  written = _divided(usage[1], texts)
  return [
    request_lib.Reply(
      text=text,
      finish=finish,
      prompt_tokens=0 if number else usage[0],
      completion_tokens=own,
      estimated=estimated,
    )
    for number, ((text, finish), own) in enumerate(zip(said, written))
  ]


def _decoded(content: bytes, content_type: str | None) -> Any:
  kind = (content_type or '').partition(';')[0].strip().lower()
  if kind and not kind.endswith('json'):
    raise _nonsense(f'{kind}, no JSON', content)
  try:
    return json.loads(content)
  except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
    raise _nonsense('no JSON', content) from None


def _text(choice: Mapping[str, Any]) -> tuple[str, str]:
  """Text and finish of a choice; one that says nothing has the text ''."""
  message = choice['message']
  text = message.get('content')
  finish = choice.get('finish_reason') or 'stop'
  if text is None and finish == 'stop' and message.get('refusal'):
    finish = 'refusal'
  if not isinstance(text or '', str) or not isinstance(finish, str):
    raise TypeError
  return text or '', finish


def _usage(
  usage: Any, texts: Sequence[str], request: request_lib.Request
) -> tuple[tuple[int, int], bool]:
  """Tokens of prompt and of all samples, and whether they are estimates."""
  counts = usage if isinstance(usage, dict) else {}
  prompt = counts.get('prompt_tokens')
  written = counts.get('completion_tokens')
  if type(prompt) is int and type(written) is int and min(prompt, written) >= 0:
    return (prompt, written), False
  estimate = sum(map(tokens.estimate, texts))
  return (spending.prompt_tokens(request), estimate), True


def _divided(total: int, texts: Sequence[str]) -> list[int]:
  """Whole parts of a total by the lengths of texts; they sum to it."""
  lengths = [len(text) + 1 for text in texts]
  ends, so_far = [0], 0
  for length in lengths:
    so_far += length
    ends.append(total * so_far // sum(lengths))
  return [end - begin for begin, end in itertools.pairwise(ends)]


def _nonsense(what: str, content: bytes) -> faults.Passing:
  shown = ' '.join(content[:_SHOWN].decode('utf-8', 'replace').split())
  return faults.Passing(
    f'the endpoint replied with {what} ({shown!r})', lost=True
  )
