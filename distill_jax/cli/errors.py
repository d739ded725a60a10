"""What a user did wrong, in one line."""

import difflib
from collections.abc import Iterable

_SHOWN_CHOICES = 12


class UsageError(ValueError):
  """A mistake in the arguments or in a gin file; its text is one line."""


def mend(word: str, choices: Iterable[str], *, listed: bool = True) -> str:
  """The end of a message that says what may have been meant.

  Example: `mend('stpes', ['steps', 'seed'])` is `'; did you mean steps?'`;
  without anything similar it lists the choices, unless `listed` is False.
  """
  choices = sorted(set(choices))
  close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
  if close:
    return f'; did you mean {close[0]}?'
  if not choices or not listed:
    return ''
  shown = ', '.join(choices[:_SHOWN_CHOICES])
  more = ', ...' if len(choices) > _SHOWN_CHOICES else ''
  return f'; choices: {shown}{more}'
