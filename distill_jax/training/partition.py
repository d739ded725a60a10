"""Which device holds what: a mesh, and T5X's logical axes laid onto it."""

import dataclasses
import functools
from typing import Any, Protocol

import jax
import numpy as np
import optax
from flax import linen as nn
from jax.sharding import NamedSharding, PartitionSpec

from distill_jax.models import placement

_AXES = (placement.DATA, placement.MODEL)


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
    rules: along which of the two a logical axis of the parameters is cut, None
      for neither, as T5X has them. One that is cut along `data` is gathered
      where a layer computes with it; its moments stay cut.
  """

  data: int = -1
  model: int = 1
  rules: placement.Rules = placement.STANDARD

  def __post_init__(self):
    if self.model < 1 or (self.data < 1 and self.data != -1):
      raise ValueError(
        f'Mesh: data is {self.data} and model {self.model}, expected at least '
        '1 each, or data=-1 for all devices that are left.'
      )
    self._check_rules()

  def _check_rules(self) -> None:
    known = {name for name, _ in placement.STANDARD}
    for name, axis in self.rules:
      if name not in known or axis not in (None, *_AXES):
        raise ValueError(
          f'Mesh.rules has {(name, axis)}, expected one of '
          f"{', '.join(sorted(known))} with 'data', 'model' or None."
        )
    if missing := known - {name for name, _ in self.rules}:
      raise ValueError(
        f'Mesh.rules lacks {", ".join(sorted(missing))}; give each a rule, '
        'None to leave it whole.'
      )

  def build(self) -> jax.sharding.Mesh:
    """Returns the mesh over the first data * model devices.

    Networks are laid out on it, by the rules, from then on.

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
    if self.data == -1 and len(devices) % self.model:
      raise ValueError(
        f'Mesh: model={self.model} does not divide the {len(devices)} devices '
        'here; set Mesh.model to a number that does, or Mesh.data to leave '
        'some out.'
      )
    if jax.process_count() > 1 and data * self.model < len(devices):
      raise ValueError(
        f'Mesh: data={self.data} x model={self.model} leaves out some of the '
        f'{len(devices)} devices of {jax.process_count()} processes; set '
        'Mesh.data=-1 to take them all, or start fewer processes.'
      )
    mesh = jax.make_mesh(
      (data, self.model),
      _AXES,
      axis_types=(jax.sharding.AxisType.Auto,) * 2,
      devices=devices[: data * self.model],
    )
    placement.lay(mesh, self.rules)
    return mesh


def abstract_batch(mesh: jax.sharding.Mesh, batch: Any) -> Any:
  """Returns shape, type and place of the arrays that `put_batch` would put."""
  return jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(
      x.shape, x.dtype, sharding=NamedSharding(mesh, _rows(mesh, x.shape[0]))
    ),
    batch,
  )


def _rows(mesh: jax.sharding.Mesh, count: int) -> PartitionSpec:
  """Returns how many rows are cut: along `data`, if they can be."""
  return PartitionSpec(*(('data',) if count % mesh.shape['data'] == 0 else ()))


def replicated(mesh: jax.sharding.Mesh) -> NamedSharding:
  """Returns the sharding of an array that every device holds whole."""
  return NamedSharding(mesh, PartitionSpec())


def put_batch(mesh: jax.sharding.Mesh, batch: Any) -> Any:
  """Returns host arrays as device arrays, cut along their first axis.

  An axis that the devices cannot share equally stays whole on each.
  """

  def cut(x: Any) -> jax.Array:
    x = np.asarray(x)
    return put(x, NamedSharding(mesh, _rows(mesh, len(x))))

  return jax.tree.map(cut, batch)


def put(x: np.ndarray, sharding: NamedSharding) -> jax.Array:
  """Returns a host array, equal on all processes, as a device array."""
  if sharding.is_fully_addressable:
    return jax.device_put(x, sharding)
  # device_put would compare what the processes have, which takes a while.
  x = x.astype(jax.dtypes.canonicalize_dtype(x.dtype), copy=False)
  return jax.make_array_from_callback(x.shape, sharding, lambda at: x[at])


@functools.lru_cache(maxsize=16)
def _shapes(network: Network) -> Any:
  """Returns shape and type of each parameter; tracing takes a while."""
  return jax.eval_shape(network.init, jax.random.key(0))


def parameter_shardings(mesh: jax.sharding.Mesh, network: Network) -> Any:
  """Returns the sharding of each parameter by its logical axes."""
  return _shardings(mesh, network, placement.rules())


@functools.lru_cache(maxsize=16)
def _shardings(
  mesh: jax.sharding.Mesh, network: Network, rules: placement.Rules
) -> Any:
  shapes = _shapes(network)
  specs = nn.logical_to_mesh(network.axes(), rules)
  fit = lambda leaf, axes: NamedSharding(
    mesh, placement.fitting(leaf.shape, tuple(axes), mesh.shape)
  )
  return jax.tree.map(fit, shapes, specs)


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
