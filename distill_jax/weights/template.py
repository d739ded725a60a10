"""The parameters of a network of given sizes, and whether all are there."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from distill_jax.models import bert, boxed, opt, t5
from distill_jax.weights import contents

_SHOWN = 3  # names in a message

# How a network is run; the other fields say what a trained one is.
_RUNNING = ('dropout_rate', 'dtype', 'remat', 'scan_layers')

# Of each configuration its name, its network, and how many arrays of ids that
# takes.
_NETWORKS = {
  t5.T5Config: ('T5', t5.T5, 2),
  bert.BertConfig: ('BERT', bert.Bert, 2),
  opt.OptConfig: ('OPT', opt.OPT, 1),
}


def called(config: contents.Config) -> str:
  """Returns what a network of this configuration is called."""
  return _NETWORKS[type(config)][0]


def is_known(config: Any) -> bool:
  """Returns whether a configuration is of a network that is known here."""
  return type(config) in _NETWORKS


def told(config: contents.Config) -> dict[str, Any]:
  """Returns what a checkpoint says of its network, as JSON has it."""
  rate = {'dropout_rate': config.dropout_rate}
  return {'network': called(config), **architecture(config), **rate}


def retold(said: Mapping[str, Any]) -> contents.Config:
  """Returns the configuration of what `told` said.

  A checkpoint that does not name its network is a T5.
  """
  fields = {
    name: tuple(value) if isinstance(value, list) else value
    for name, value in said.items()
    if name != 'network'
  }
  name = said.get('network', 'T5')
  kind = next(kind for kind, (one, *_) in _NETWORKS.items() if one == name)
  return kind(**fields)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bare(boxed.Boxed):
  """The parameters of a configuration, without a student around them."""

  config: contents.Config

  def _boxed(self, rng: jax.Array) -> Any:
    _, network, inputs = _NETWORKS[type(self.config)]
    plain = dataclasses.replace(self.config, scan_layers=False, remat=False)
    ids = [jnp.ones((1, 1), jnp.int32)] * inputs
    return network(plain).init(rng, *ids)['params']


def shapes(config: contents.Config) -> dict[str, tuple[int, ...]]:
  """Returns the shape of each parameter by name, layers unrolled.

  A name is a path in the tree: 'encoder/layers_0/mlp/wi/kernel'.
  """
  tree = jax.eval_shape(Bare(config=config).init, jax.random.key(0))
  leaves = jax.tree_util.tree_leaves_with_path(tree)
  return {name(path): leaf.shape for path, leaf in leaves}


def name(path: tuple[Any, ...]) -> str:
  """Returns a path of jax's tree functions as 'encoder/.../kernel'."""
  return '/'.join(str(key.key) for key in path if hasattr(key, 'key'))


def check(
  place: str,
  config: contents.Config,
  tensors: Mapping[str, contents.Tensor],
  naming: Callable[[str], str] = str,
) -> None:
  """Refuses parameters that are not those of a network of these sizes.

  Args:
    place: of the checkpoint, or the file of it that names all tensors.
    config: of the checkpoint.
    tensors: by our names.
    naming: turns our name of a parameter into the checkpoint's.

  Raises:
    ValueError: for missing tensors, tensors left over, or a wrong shape.
  """
  expected = shapes(config)
  missing = [naming(name) for name in expected if name not in tensors]
  if missing:
    raise ValueError(
      f'{place} lacks {_some(missing)}, expected {len(expected)} tensors for '
      'its configuration; the checkpoint is incomplete, or no whole '
      f'{called(config)}.'
    )
  left = [tensors[name].place for name in tensors if name not in expected]
  if left:
    raise ValueError(
      f'{place} holds {_some(left)}, which its configuration knows nothing '
      f'of; expected the tensors of one {called(config)} and no others.'
    )
  for name, shape in expected.items():
    tensor = tensors[name]
    if tensor.shape != shape:
      raise ValueError(
        f'{tensor.place} is {tensor.shape} as our {name}, expected {shape} by '
        'the configuration of the checkpoint; the two do not belong together.'
      )


def check_same(
  place: str, there: contents.Config, asked: contents.Config
) -> None:
  """Refuses a checkpoint of another architecture than a run file asks for.

  Args:
    place: of the checkpoint.
    there: as the checkpoint has it.
    asked: as the run file has it.

  Raises:
    ValueError: naming each field with both values.
  """
  if type(there) is not type(asked):
    raise ValueError(
      f'{place} is of the kind {called(there)}, expected {called(asked)} as in '
      'the run file; name another checkpoint, or another network.'
    )
  differences = [
    f'{field} is {getattr(there, field)!r} there and '
    f'{getattr(asked, field)!r} in the run file'
    for field in architecture(asked)
    if getattr(there, field) != getattr(asked, field)
  ]
  if differences:
    raise ValueError(
      f'{place} is another {called(there)} than the run file describes: '
      f'{"; ".join(differences)}; include the gin/models file of the '
      'checkpoint, or name another checkpoint.'
    )


def architecture(config: contents.Config) -> dict[str, Any]:
  """Returns the fields of a configuration that a checkpoint determines."""
  return {
    field.name: getattr(config, field.name)
    for field in dataclasses.fields(config)
    if field.name not in _RUNNING
  }


def _some(names: list[str]) -> str:
  more = f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''
  return ', '.join(names[:_SHOWN]) + more
