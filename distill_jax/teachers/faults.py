"""What can go wrong between a request and its samples, by what to do then."""


class Passing(Exception):
  """Another try may succeed: too many requests, a cut connection, nonsense.

  Attributes:
    wait: seconds that the endpoint asks to wait, None where it does not say.
    busy: whether the endpoint has too much to do, which is nobody's fault.
    lost: whether a reply was on its way, which may be billed.
  """

  def __init__(
    self,
    said: str,
    *,
    wait: float | None = None,
    busy: bool = False,
    lost: bool = False,
  ):
    super().__init__(said)
    self.wait = wait
    self.busy = busy
    self.lost = lost


class Refused(ValueError):
  """This request will never be answered, others may: a prompt too long."""


class Unusable(ValueError):
  """No request will be answered: a wrong key, an unknown model, no credit."""
