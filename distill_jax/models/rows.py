"""Rows of tokens without their padding.

Most of a transformer treats every token alike, wherever it stands. So the real
tokens of a batch are laid behind one another, and only the attention puts them
back into rows: products, norms and logits cost nothing for padding.
"""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Shaped

from distill_jax import batch as batch_lib


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
  """Where the tokens of B rows of width S lie, G parts of N tokens.

  With the rows [5 6 0] and [7 0 0] and N = 4, `places` is [0 1 3 6] (6: none)
  and `tokens` is [0 1 4 2 4 4] (4: none).

  Attributes:
    places: of each token, its place among those of its part's rows.
    tokens: of each place, its token.
    width: S.
  """

  places: Int[Array, 'G N']
  tokens: Int[Array, 'G P']
  width: int = dataclasses.field(metadata={'static': True})


def lay(
  valid: Bool[Array, 'B S'], room: batch_lib.Room | None
) -> Layout | None:
  """Returns where the tokens lie, or None where they stay in their rows.

  Tokens beyond the room are lost: it must be large enough.

  Args:
    valid: False for padding.
    room: for the tokens; None, or one that holds padding too, leaves the rows.
  """
  if room is None or room.tokens * room.parts >= valid.size:
    return None
  parts = valid.reshape(room.parts, -1)
  find = lambda part: jnp.nonzero(
    part, size=room.tokens, fill_value=parts.shape[1]
  )[0]
  count = jnp.cumsum(parts, axis=1, dtype=jnp.int32)
  tokens = jnp.where(parts & (count <= room.tokens), count - 1, room.tokens)
  return Layout(
    places=jax.vmap(find)(parts).astype(jnp.int32),
    tokens=tokens,
    width=valid.shape[1],
  )


def flat(
  layout: Layout | None, x: Shaped[Array, 'B S *D']
) -> Shaped[Array, 'G N *D']:
  """Returns the tokens of rows behind one another, 0 where there is none.

  Without a layout the rows themselves, here as in all functions below.
  """
  if layout is None:
    return x
  parts = x.reshape(*layout.tokens.shape, *x.shape[2:])
  return _move(parts, layout.places, layout.tokens)


def grid(
  layout: Layout | None, x: Shaped[Array, 'G N *D']
) -> Shaped[Array, 'B S *D']:
  """Returns tokens in their rows, 0 for padding: undoes `flat`."""
  if layout is None:
    return x
  parts = _move(x, layout.tokens, layout.places)
  return parts.reshape(-1, layout.width, *x.shape[2:])


def spread(
  layout: Layout | None, x: Shaped[Array, 'B ... D']
) -> Shaped[Array, 'G N D']:
  """Returns what each row has, for each of its tokens; has no gradient."""
  if layout is None:
    return x
  parts = x.reshape(len(layout.places), -1, x.shape[-1])
  return jax.vmap(lambda values, at: jnp.take(values, at, 0, mode='clip'))(
    parts, layout.places // layout.width
  )


@jax.custom_vjp
def _move(x, to, back):
  """Returns x[g, to[g, i]], 0 where that is no index of x.

  Its gradient is the same by `back`, the inverse of `to`: a second gather,
  where jax would make a slow scatter of the first.
  """
  del back
  return jax.vmap(
    lambda part, at: jnp.take(part, at, 0, mode='fill', fill_value=0)
  )(x, to)


def _move_forward(x, to, back):
  return _move(x, to, back), (to, back)


def _move_backward(indices, change):
  to, back = indices
  return _move(change, back, to), None, None


_move.defvjp(_move_forward, _move_backward)
