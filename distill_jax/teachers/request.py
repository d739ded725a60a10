"""What a teacher is asked, what it replies, and the name of both.

A sample has a key: a hash of everything that determines it. The journal keeps
a sample under its key, so what has been asked once is never asked again, and
what is asked differently is another sample.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What a request says already, and what would change how its reply comes.
_TAKEN = frozenset(
  (
    *('model', 'messages', 'temperature', 'top_p', 'stop', 'n', 'stream'),
    *('max_tokens', 'max_completion_tokens'),
  )
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
  """One turn of a conversation.

  Attributes:
    role: 'system', 'user' or 'assistant'.
    content: what is said.
  """

  role: str
  content: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
  """How a teacher writes.

  Attributes:
    temperature: of its samples; None leaves it to the endpoint.
    top_p: draws among the likeliest tokens that together reach this
      probability; None leaves it to the endpoint.
    max_tokens: of one sample, at most.
    stop: texts that end a sample.
    more: further fields of the request, such as {'reasoning_effort': 'low'}.
  """

  temperature: float | None = 0.7
  top_p: float | None = None
  max_tokens: int = 512
  stop: tuple[str, ...] = ()
  more: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  def __post_init__(self):
    if self.temperature is not None and not 0 <= self.temperature <= 2:
      raise ValueError(
        f'Settings.temperature is {self.temperature}, expected 0 to 2.'
      )
    if self.top_p is not None and not 0 < self.top_p <= 1:
      raise ValueError(
        f'Settings.top_p is {self.top_p}, expected more than 0, at most 1.'
      )
    if self.max_tokens < 1:
      raise ValueError(
        f'Settings.max_tokens is {self.max_tokens}, expected at least 1.'
      )
    if taken := sorted(_TAKEN.intersection(self.more)):
      raise ValueError(
        f'Settings.more has {taken[0]!r}, which is set elsewhere or cannot be '
        'had here, expected other fields; leave it out.'
      )
    for name in ('temperature', 'top_p'):
      # 1 and 1.0 are one setting, and make one key.
      if (value := getattr(self, name)) is not None:
        object.__setattr__(self, name, float(value))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
  """Some samples of one prompt.

  Attributes:
    name: of what it asks about, such as an example's id; for messages only.
    messages: the prompt; the last one is the user's.
    settings: how to write.
    samples: numbers of the samples that are wanted, from 0 on.
  """

  name: str
  messages: tuple[Message, ...]
  settings: Settings
  samples: tuple[int, ...] = (0,)

  def __post_init__(self):
    for message in self.messages:
      try:
        message.content.encode()
      except UnicodeEncodeError as error:
        around = message.content[max(error.start - 20, 0) : error.start]
        raise ValueError(
          f'{self.name}: half a character stands in the prompt, behind '
          f'{around!r}, expected whole ones; correct the text.'
        ) from None

  def keys(self, model: str) -> list[str]:
    """The keys of the samples, in hexadecimal.

    Model, messages, settings and the sample's number determine one. The name
    does not, nor where the model was reached.
    """
    said = {
      'model': model,
      'messages': [[one.role, one.content] for one in self.messages],
      'settings': vars(self.settings),
    }
    base = hashlib.sha256(_canonical(said))
    keys = []
    for sample in self.samples:
      own = base.copy()
      own.update(b'#%d' % sample)
      keys.append(own.hexdigest()[:32])
    return keys


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
  """One sample.

  Attributes:
    text: what the teacher wrote; '' where it refused.
    finish: why it ended: 'stop', 'length' (cut by the limit), or what else
      the endpoint calls it, such as 'content_filter'.
    prompt_tokens: tokens read and paid for this sample; of several samples of
      one request the first bears all.
    completion_tokens: tokens written for this sample.
    estimated: whether the endpoint did not count them and they are estimates.
  """

  text: str
  finish: str = 'stop'
  prompt_tokens: int = 0
  completion_tokens: int = 0
  estimated: bool = False


def _canonical(said: Any) -> bytes:
  return json.dumps(said, sort_keys=True, separators=(',', ':')).encode()
