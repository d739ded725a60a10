"""What a request's settings mean to a student, and a reply made of its ids."""

import numpy as np
from jaxtyping import Int

from distill_jax.students import sampling as sampling_lib
from distill_jax.teachers import faults
from distill_jax.teachers import request as request_lib
from distill_jax.text import tokenizer as tokenizer_lib

_TOP_K = 1_000  # likeliest tokens, among which top_p is looked for


def sampling(settings: request_lib.Settings) -> sampling_lib.Sampling:
  """The way to write that settings ask for.

  Raises:
    faults.Unusable: they have a field that no student knows.
  """
  more = dict(settings.more)
  top_k = more.pop('top_k', 0)
  if more:
    raise faults.Unusable(
      f'LocalStudent does not know {min(more)!r} of Settings.more, expected '
      'top_k or nothing; leave it out'
    )
  if not settings.temperature:
    return sampling_lib.Greedy(max_tokens=settings.max_tokens)
  top_p = settings.top_p or 1.0
  return sampling_lib.Temperature(
    max_tokens=settings.max_tokens,
    temperature=settings.temperature,
    top_k=top_k or (_TOP_K if top_p < 1.0 else 0),
    top_p=top_p,
  )


def reply(
  settings: request_lib.Settings,
  vocabulary: tokenizer_lib.Tokenizer,
  tokens: Int[np.ndarray, ' T'],
  prompt_tokens: int,
) -> request_lib.Reply:
  """The reply that token ids are: text, end of sequence if it came, padding.

  Args:
    settings: with the texts that end it.
    vocabulary: of the student.
    tokens: that it wrote.
    prompt_tokens: that it read for this sample alone.
  """
  whole = vocabulary.decode(tokens.tolist())
  places = [whole.find(one) for one in settings.stop if one in whole]
  text = whole[: min(places)] if places else whole
  ended = places or vocabulary.eos_id in tokens
  return request_lib.Reply(
    text=text,
    finish='stop' if ended else 'length',
    prompt_tokens=prompt_tokens,
    completion_tokens=int(np.count_nonzero(tokens)),
  )
