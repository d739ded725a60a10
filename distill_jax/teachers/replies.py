"""The samples of requests, as far as they are there."""

from distill_jax.teachers import journal as journal_lib
from distill_jax.teachers import request as request_lib
from distill_jax.teachers import spending


class Replies:
  """Reads samples from a journal.

  Attributes:
    model: that wrote them.
    estimated: whether the endpoint did not count the tokens of any of them.
  """

  def __init__(self, kept: journal_lib.Journal, model: str):
    self.model = model
    self.estimated = False
    self._kept = kept

  def of(self, request: request_lib.Request) -> list[request_lib.Reply | None]:
    """A reply for each sample of a request, None for one that is missing."""
    keys = request.keys(self.model)
    found = self._kept.find(keys)
    self._kept.note(keys)
    self.estimated |= any(reply.estimated for reply in found.values())
    return [found.get(key) for key in keys]

  @property
  def places(self) -> list[str]:
    """Where the model was reached that wrote those that were read."""
    return self._kept.places()

  @property
  def spent(self) -> spending.Spent:
    """What those that were read have cost; equal ones were paid once."""
    return self._kept.noted()
