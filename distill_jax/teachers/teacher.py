"""Whoever writes samples: an endpoint, a local student, a script."""

import contextlib
from typing import Protocol

from distill_jax.teachers import request as request_lib


class Session(Protocol):
  """A teacher that is ready."""

  async def write(
    self, request: request_lib.Request
  ) -> list[request_lib.Reply]:
    """At least one and at most as many replies as samples are wanted.

    They belong to the first of `request.samples`; whoever asks will ask again
    for the others. Several requests may be under way at once.

    Raises:
      faults.Passing: another try may succeed.
      faults.Refused: this request will never be answered.
      faults.Unusable: no request will.
    """
    ...


class Teacher(Protocol):
  """Who is asked.

  Attributes:
    model: its name, which is part of every sample's key.
    place: where it is reached; '' for one in process.
  """

  model: str
  place: str

  def check(self) -> None:
    """Raises a ValueError for what can be found wrong without a request."""
    ...

  def session(self) -> contextlib.AbstractAsyncContextManager[Session]:
    """Makes it ready, and releases what it holds in the end."""
    ...
