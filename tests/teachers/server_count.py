"""What the test server counts."""

import collections
import dataclasses
from typing import Any


@dataclasses.dataclass
class Count:
  """What happened, as GET /count tells.

  Attributes:
    requests: all, faulty ones included.
    accepted: requests answered in full.
    samples: choices in those.
    by_key: accepted requests by their Idempotency-Key.
    faults: by name.
    prompt_tokens: billed, of accepted requests.
    completion_tokens: likewise.
    in_flight: requests under way.
    most_in_flight: at any time.
  """

  requests: int = 0
  accepted: int = 0
  samples: int = 0
  by_key: collections.Counter = dataclasses.field(
    default_factory=collections.Counter
  )
  faults: collections.Counter = dataclasses.field(
    default_factory=collections.Counter
  )
  prompt_tokens: int = 0
  completion_tokens: int = 0
  in_flight: int = 0
  most_in_flight: int = 0

  def bill(self, key: str | None, body: dict[str, Any]) -> None:
    """Counts an answer in full, under its key if it has one."""
    self.accepted += 1
    self.samples += len(body['choices'])
    self.prompt_tokens += body['usage']['prompt_tokens']
    self.completion_tokens += body['usage']['completion_tokens']
    if key is not None:
      self.by_key[key] += 1
