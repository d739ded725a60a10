"""From what an endpoint sent to the samples in it."""

import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from distill_jax.teachers import faults, spending, tokens
from distill_jax.teachers import request as request_lib

_SHOWN = 80  # characters of nonsense in a message
_HALVES = re.compile('[\ud800-\udfff]')


class _Nonsense(Exception):
  """What is wrong with a reply."""


def read(
  content: bytes,
  content_type: str | None,
  request: request_lib.Request,
  hidden: Callable[[bytes], bytes] = bytes,
) -> list[request_lib.Reply]:
  """The samples of a chat completion, at most those that are wanted.

  Tokens of the whole are divided among them by their lengths; the first bears
  those of the prompt. Where the endpoint counts none, they are estimated.

  Args:
    content: the body of the reply.
    content_type: that the endpoint says it has.
    request: what was asked.
    hidden: takes out of the body what no message may show.

  Raises:
    faults.Passing: it is no chat completion, or there is nothing in it.
  """
  try:
    data = _decoded(content, content_type)
    said = [_text(choice) for choice in _choices(data)][: len(request.samples)]
  except _Nonsense as wrong:
    shown = hidden(content)[:_SHOWN].decode('utf-8', 'replace')
    raise faults.Passing(
      f'the endpoint replied with {wrong} ({" ".join(shown.split())!r})',
      lost=True,
    ) from None
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


def _decoded(content: bytes, content_type: str | None) -> dict[str, Any]:
  try:
    data = json.loads(content)
  except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
    kind = (content_type or '').partition(';')[0].strip().lower()
    named = '' if kind.endswith('json') else kind
    raise _Nonsense(f'{named}{named and ", "}no JSON') from None
  if not isinstance(data, dict):
    raise _Nonsense('no JSON object')
  return data


def _choices(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
  """The choices in the order of their numbers, where they have any."""
  choices = data.get('choices')
  if not isinstance(choices, list):
    raise _Nonsense(f'no completion ({data.get("error") or "no choices"})')
  if not choices:
    raise _Nonsense('no choice')
  numbers = [
    choice.get('index') if isinstance(choice, dict) else None
    for choice in choices
  ]
  if all(type(number) is int for number in numbers):
    choices = sorted(choices, key=lambda choice: choice['index'])
  return choices


def _text(choice: Mapping[str, Any]) -> tuple[str, str]:
  """Text and finish of a choice; one that says nothing has the text ''."""
  try:
    message = choice['message']
    text = _joined(message.get('content'))
    finish = choice.get('finish_reason') or 'stop'
  except (AttributeError, KeyError, TypeError):
    raise _Nonsense('a choice without a message') from None
  if not text and finish == 'stop' and message.get('refusal'):
    finish = 'refusal'
  # The limit may cut a character in two; half of one can be written nowhere.
  return _HALVES.sub('\ufffd', text), str(finish)


def _joined(content: Any) -> str:
  """A message's text, which some endpoints send in parts."""
  if isinstance(content, list):
    parts = [one for one in content if one.get('type', 'text') == 'text']
    return ''.join(one['text'] for one in parts)
  if not isinstance(content or '', str):
    raise TypeError
  return content or ''


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
