"""What a user did wrong, in one line."""

import difflib
import errno
from collections.abc import Iterable

_SHOWN_CHOICES = 12

_REMEDIES = {
  errno.EACCES: 'ask for permission, or give another path',
  errno.EPERM: 'ask for permission, or give another path',
  errno.EROFS: 'give a path that can be written to',
  errno.ENOTDIR: 'a part of this path is a file, give another path',
  errno.EISDIR: 'give the path of a file',
  errno.ENOSPC: 'make room there, or give a path on another disk',
  errno.EDQUOT: 'make room there, or give a path on another disk',
}


class UsageError(ValueError):
  """A mistake in the arguments or in a gin file; its text is one line."""


def of_file(error: OSError) -> str:
  """A sentence on a file or folder that the system refused."""
  remedy = _REMEDIES.get(error.errno, 'give another path')
  return f'{error.filename}: {error.strerror}; {remedy}'


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
