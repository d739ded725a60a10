"""Along which devices parameters are cut, and how layers get them whole.

A trainer says it once, for all networks that are traced from then on.
"""

from collections.abc import Mapping

import jax
from jax.sharding import NamedSharding, PartitionSpec

DATA, MODEL = 'data', 'model'  # the axes of a mesh of devices

Rules = tuple[tuple[str, str | None], ...]

# By logical axis, as T5X has them: tensor parallelism alone.
STANDARD: Rules = (
  ('vocab', MODEL),
  ('mlp', MODEL),
  ('heads', MODEL),
  ('joint_kv', MODEL),
  ('embed', None),
  ('embed_out', None),
  ('relpos_buckets', None),
  ('positions', None),
  ('types', None),
  ('layers', None),
  ('score', None),
)

_now: dict[str, object] = {'mesh': None, 'rules': STANDARD}


def lay(mesh: jax.sharding.Mesh, rules: Rules) -> None:
  """Says on which devices, and by which rules, parameters lie from now on."""
  _now.update(mesh=mesh, rules=rules)


def rules() -> Rules:
  """Returns the rules by which parameters lie."""
  return _now['rules']


def fitting(
  shape: tuple[int, ...],
  axes: tuple[str | None, ...],
  mesh: Mapping[str, int],
) -> PartitionSpec:
  """Returns axes of a mesh, without those that do not divide their dimension.

  Args:
    shape: of an array.
    axes: of the mesh, one for each dimension or fewer.
    mesh: devices along each axis.
  """
  named = axes + (None,) * (len(shape) - len(axes))
  return PartitionSpec(
    *(
      name if name and size % mesh[name] == 0 else None
      for name, size in zip(named, shape, strict=True)
    )
  )


def gathered(x: jax.Array, axes: tuple[str, ...]) -> jax.Array:
  """Returns a parameter that is cut along `data` as a layer computes with it.

  It is whole along `data` then. Without this the compiler might cut the tokens'
  vectors instead, which are many more. A scanned layer gathers its own
  parameters alone.

  Args:
    x: the parameter.
    axes: its logical axes.
  """
  mesh, by = _now['mesh'], dict(rules())
  found = tuple(by.get(name) for name in axes)
  if mesh is None or DATA not in found:
    return x
  kept = tuple(axis if axis == MODEL else None for axis in found)
  spec = fitting(x.shape, kept, mesh.shape)
  return jax.lax.with_sharding_constraint(x, NamedSharding(mesh, spec))
