"""Checksums by which a checkpoint's arrays are known again.

orbax keeps none of large arrays: a bit that flips on a disk or on its way would
come back as another number, and a run would go on from it.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Shaped, UInt32

from distill_jax import processes
from distill_jax.training import trees

_KEY = 'checksums'
_SCATTER = 0x9E3779B1  # 2**32 over the golden ratio, odd


def sealed(facts: Mapping[str, Any], tree: Any) -> dict[str, Any]:
  """Returns facts with the sums of a tree's arrays and a check of all that.

  Waits for the arrays. All processes get the same.

  Args:
    facts: JSON.
    tree: of arrays, on whatever devices.
  """
  shapes, totals = trees.shapes(tree), sums(tree)
  arrays = {
    name: {'shape': list(shape), 'sum': totals[name]}
    for name, shape in shapes.items()
  }
  return {**facts, _KEY: {'arrays': arrays, 'crc': _crc([facts, arrays])}}


def opened(
  found: Mapping[str, Any] | None, tree: Any
) -> tuple[dict[str, Any], dict[str, int]]:
  """Returns the facts, and the sum of each array by name, of what was sealed.

  Args:
    found: what `sealed` has returned, as it was read.
    tree: of what has the shapes that were read.

  Raises:
    ValueError: if it is not what was sealed.
  """
  facts = dict(found or {})
  seal = facts.pop(_KEY, None)
  if seal is None or _crc([facts, seal['arrays']]) != seal['crc']:
    raise ValueError('the facts are not those that were written')
  arrays = seal['arrays']
  shapes = {name: tuple(one['shape']) for name, one in arrays.items()}
  if trees.shapes(tree) != shapes:
    raise ValueError('the shapes are not those that were written')
  return facts, {name: one['sum'] for name, one in arrays.items()}


def check(tree: Any, written: Mapping[str, int]) -> None:
  """Raises a ValueError for the first array that is not the one written.

  Args:
    tree: arrays as they were read, maybe not all.
    written: the sum of each by name.
  """
  for name, total in sums(tree).items():
    if total != written[name]:
      raise ValueError(f'{name} is not what was written')


def sums(tree: Any) -> dict[str, int]:
  """Returns the sum of each array by its name, of 32 bits; see `_sum`."""
  # One by one: a CPU that plays many devices has not the threads to sum many
  # arrays at once, and would wait for itself.
  leaves = trees.leaves(tree)
  return {name: int(processes.fetch(_sum(x))) for name, x in leaves.items()}


@jax.jit
def _sum(x: Shaped[Array, '...']) -> UInt32[Array, '']:
  """The bits of all elements, each mixed with its place, summed.

  Mixing is one to one, so no change of one element leaves the sum as it is;
  many changes, or exchanged elements, do one time in 2**32. Sums modulo 2**32
  do not depend on their order, so not on how the array lies on devices.
  """
  if x.dtype == jnp.bool_:
    x = x.astype(jnp.uint8)
  kind = jnp.dtype(f'uint{min(8 * x.dtype.itemsize, 32)}')
  bits = jax.lax.bitcast_convert_type(x, kind).astype(jnp.uint32)
  place = jnp.zeros((), jnp.uint32)
  for axis, size in enumerate(bits.shape):
    here = jax.lax.broadcasted_iota(jnp.uint32, bits.shape, axis)
    place = place * jnp.uint32(size % 2**32) + here
  places = _mixed(place * jnp.uint32(_SCATTER))
  return jnp.sum(_mixed(places ^ bits), dtype=jnp.uint32)


def _mixed(x: UInt32[Array, '...']) -> UInt32[Array, '...']:
  """The last step of MurmurHash3, under which each bit moves half of all."""
  for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
    x = (x ^ (x >> shift)) * jnp.uint32(factor)
  return x ^ (x >> 16)


def _crc(facts: Any) -> int:
  return zlib.crc32(json.dumps(facts, sort_keys=True).encode())
