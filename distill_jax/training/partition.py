"""Which device holds what: a mesh, and T5X's logical axes laid onto it."""

import dataclasses
import functools
from typing import Any, Protocol

import jax
import numpy as np
import optax
from flax import linen as nn
from jax.sharding import NamedSharding, PartitionSpec

_RULES = (
  ('vocab', 'model'),
  ('mlp', 'model'),
  ('heads', 'model'),
  ('joint_kv', 'model'),
  ('embed', None),
  ('embed_out', None),
  ('relpos_buckets', None),
  ('positions', None),
  ('types', None),
  ('layers', None),
  ('score', None),
)


class Network(Protocol):
  """What training needs of a student or a critic to hold its parameters."""

  def init(self, rng: jax.Array) -> Any:
    """Returns fresh parameters."""
    ...

  def axes(self) -> Any:
    """Returns the tree of logical axes, a PartitionSpec per parameter."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mesh:
  """A grid of devices: batches are cut along `data`, networks along `model`.

  Attributes:
    data: devices along the data axis, of which each takes an equal part of a
      batch; -1 for all that are left.
    model: devices along the model axis.
  """

  data: int = 1
  model: int = 1

  def __post_init__(self):
    if self.model < 1 or (self.data < 1 and self.data != -1):
      raise ValueError(
        f'Mesh: data is {self.data} and model {self.model}, expected at least '
        '1 each, or data=-1 for all devices that are left.'
      )

  def build(self) -> jax.sharding.Mesh:
    """Returns the mesh over the first data * model devices.

    Raises:
      ValueError: if there are too few devices.
    """
    devices = jax.devices()
    data = len(devices) // self.model if self.data == -1 else self.data
    if data < 1 or data * self.model > len(devices):
      raise ValueError(
        f'Mesh: data={self.data} x model={self.model} does not fit the '
        f'{len(devices)} devices here; set Mesh.data or Mesh.model.'
      )
    return jax.make_mesh(
      (data, self.model),
      ('data', 'model'),
      axis_types=(jax.sharding.AxisType.Auto,) * 2,
      devices=devices[: data * self.model],
    )


def replicated(mesh: jax.sharding.Mesh) -> NamedSharding:
  """Returns the sharding of an array that every device holds whole."""
  return NamedSharding(mesh, PartitionSpec())


def put_batch(mesh: jax.sharding.Mesh, batch: Any) -> Any:
  """Returns host arrays as device arrays, cut along their first axis.

  An axis that the devices cannot share equally stays whole on each.
  """

  def put(x: Any) -> jax.Array:
    x = np.asarray(x)
    spec = ('data',) if len(x) % mesh.shape['data'] == 0 else ()
    return jax.device_put(x, NamedSharding(mesh, PartitionSpec(*spec)))

  return jax.tree.map(put, batch)


@functools.lru_cache(maxsize=16)
def _shapes(network: Network) -> Any:
  """Returns shape and type of each parameter; tracing takes a while."""
  return jax.eval_shape(network.init, jax.random.key(0))


@functools.lru_cache(maxsize=16)
def parameter_shardings(mesh: jax.sharding.Mesh, network: Network) -> Any:
  """Returns the sharding of each parameter by its logical axes."""
  shapes = _shapes(network)
  specs = nn.logical_to_mesh(network.axes(), _RULES)
  return jax.tree.map(
    lambda shape, spec: _fitting(mesh, shape, spec), shapes, specs
  )


def _fitting(mesh, shape: jax.ShapeDtypeStruct, spec) -> NamedSharding:
  """Returns the spec, without axes that do not divide their dimension."""
  names = tuple(spec) + (None,) * (len(shape.shape) - len(spec))
  return NamedSharding(
    mesh,
    PartitionSpec(
      *(
        name if name and size % mesh.shape[name] == 0 else None
        for name, size in zip(names, shape.shape)
      )
    ),
  )


def abstract_parameters(mesh: jax.sharding.Mesh, network: Network) -> Any:
  """Returns shape, type and place of each parameter, without any memory."""
  shapes = _shapes(network)
  return jax.tree.map(_placed, shapes, parameter_shardings(mesh, network))


def init_parameters(
  mesh: jax.sharding.Mesh, network: Network, rng: jax.Array
) -> Any:
  """Returns fresh parameters, each made where it will live."""
  shardings = parameter_shardings(mesh, network)
  return jax.jit(network.init, out_shardings=shardings)(rng)


def init_optimizer(
  mesh: jax.sharding.Mesh,
  transform: optax.GradientTransformation,
  params: Any,
) -> Any:
  """Returns a fresh optimizer state, its moments cut as their parameters.

  Of abstract parameters it is abstract too: shapes, types and places.
  """
  abstract = jax.eval_shape(transform.init, params)
  whole = replicated(mesh)

  def like(leaf: Any, param: jax.Array) -> Any:
    if _is_masked(leaf):  # a parameter that is not trained has no moments
      return leaf
    # Adafactor's factored moments have another shape than their parameter.
    return param.sharding if leaf.shape == param.shape else whole

  shardings = optax.tree_map_params(
    transform,
    like,
    abstract,
    params,
    transform_non_params=lambda _: whole,
    is_leaf=_is_masked,
  )
  if isinstance(jax.tree.leaves(params)[0], jax.ShapeDtypeStruct):
    return jax.tree.map(_placed, abstract, shardings)
  return jax.jit(transform.init, out_shardings=shardings)(params)


def _is_masked(leaf: Any) -> bool:
  return isinstance(leaf, optax.MaskedNode)


def _placed(
  shape: jax.ShapeDtypeStruct, sharding: NamedSharding
) -> jax.ShapeDtypeStruct:
  return jax.ShapeDtypeStruct(shape.shape, shape.dtype, sharding=sharding)
