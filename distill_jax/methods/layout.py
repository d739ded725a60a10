"""Where a passage stands in a student's input, as token ids."""

import dataclasses
import functools

import jax.numpy as jnp
from jaxtyping import Array, Int

from distill_jax.critics import corruption
from distill_jax.data import lengths as lengths_lib
from distill_jax.text import instruction, tokenizer
from distill_jax.text import vocabulary as vocabulary_lib

_FORM = instruction.Instruction()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
  """Puts `Knowledge: ...` between `Question: ...` and `Explanation:`.

  Inside a step there are ids and no texts. Pieces do not cross spaces, so what
  is put together are the ids of the whole text of `form`, but for two things:
  where it is too long the text loses words of its passage, and here it loses
  tokens; and a vocabulary with pieces across spaces would part it otherwise.

  Attributes:
    vocabulary: of the student.
    form: of the input.
    lengths: of which `inputs` limits a row.
  """

  vocabulary: tokenizer.Tokenizer = vocabulary_lib.Vocabulary()
  form: instruction.Instruction = _FORM
  lengths: lengths_lib.Lengths = lengths_lib.Lengths()

  @functools.cached_property
  def end(self) -> tuple[int, ...]:
    """The ids of the input's last word, and EOS."""
    return (*self.vocabulary.encode(self.form.end), self.vocabulary.eos_id)

  def known(self, text: str) -> list[int]:
    """Returns the ids of a passage with what stands before it."""
    return self.vocabulary.encode(self.form.known(text))

  def rows(
    self, inputs: Int[Array, 'B S'], known: Int[Array, 'B K T']
  ) -> Int[Array, 'B K R']:
    """Returns a row for each passage, R = S + T or the limit if that is less.

    Args:
      inputs: without passages, padded with 0; each has the end.
      known: passages with what stands before them, padded with 0.
    """
    size, number, _ = known.shape
    before = jnp.sum(inputs > 0, axis=-1, keepdims=True) - len(self.end)
    body = jnp.where(jnp.arange(inputs.shape[1]) < before, inputs, 0)
    room = self.lengths.inputs - len(self.end) - before[..., None]
    parts = (
      body[:, None],
      jnp.where(jnp.arange(known.shape[2]) < room, known, 0),
      jnp.array(self.end, inputs.dtype),
    )
    row = jnp.concatenate(
      [jnp.broadcast_to(x, (size, number, x.shape[-1])) for x in parts], axis=-1
    )
    width = min(inputs.shape[1] + known.shape[2], self.lengths.inputs)
    return corruption.left_align(row, row != 0)[..., :width]
