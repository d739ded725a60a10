"""LoRA (arXiv:2106.09685): products that are trained by two thin factors."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax.sharding import PartitionSpec

from distill_jax.models import layers

Tree = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LowRank:
  """Adds (alpha / rank) drop(x) A B to x W, with W kept as it is.

  A begins as random numbers and B as zeros, so that nothing is changed at
  first. A network's parameters become `{'base': all of them, 'low_rank': A and
  B of the adapted products}`.

  The defaults are those of arXiv:2305.18395 for its reranker.

  Attributes:
    rank: columns of A.
    alpha: scale of the product, over the rank.
    dropout_rate: of each channel of x before A.
    targets: names of the modules whose products are adapted.
    full: names of the modules that are trained as they are.
  """

  rank: int = 16
  alpha: float = 32.0
  dropout_rate: float = 0.1
  targets: tuple[str, ...] = ('query', 'value')
  full: tuple[str, ...] = ('projection', 'score')

  def __post_init__(self):
    if self.rank < 1 or not self.targets:
      raise ValueError(
        f'LowRank.rank is {self.rank} and targets {self.targets}, expected at '
        'least 1 column and one module.'
      )
    if not 0.0 <= self.dropout_rate < 1.0:
      raise ValueError(
        f'LowRank.dropout_rate is {self.dropout_rate}, expected [0, 1).'
      )

  def init(self, rng: jax.Array, base: Tree) -> dict[str, Any]:
    """Returns parameters that mean what `base` means.

    Raises:
      ValueError: if no product has one of the names, or layers are stacked.
    """
    names = self._adapted(base)
    low_rank: dict[str, Any] = {}
    for key, path in zip(jax.random.split(rng, len(names)), names):
      kernel = _at(base, path)['kernel']
      inputs, outputs = kernel.shape
      into = low_rank
      for name in path[:-1]:
        into = into.setdefault(name, {})
      # Uniform within 1 / sqrt(inputs), as peft draws it.
      bound = inputs**-0.5
      shape = (inputs, self.rank)
      into[path[-1]] = {
        'a': jax.random.uniform(key, shape, minval=-bound, maxval=bound),
        'b': jnp.zeros((self.rank, outputs)),
      }
    return {'base': base, 'low_rank': low_rank}

  def axes(self, base: Tree, shapes: Tree) -> dict[str, Any]:
    """Returns the logical axes of all parameters.

    Args:
      base: logical axes of the network.
      shapes: of the parameters that `init` returns.
    """
    whole = jax.tree.map(lambda _: PartitionSpec(None, None), shapes)
    return {'base': base, 'low_rank': whole['low_rank']}

  def trained(self, params: Tree) -> dict[str, Any]:
    """Returns a tree of bools: whether a parameter is trained."""

    def whole(path: tuple[Any, ...], _: Any) -> bool:
      return any(entry.key in self.full for entry in path)

    return {
      'base': jax.tree_util.tree_map_with_path(whole, params['base']),
      'low_rank': jax.tree.map(lambda _: True, params['low_rank']),
    }

  def frozen(self, params: Tree) -> Any:
    """Returns the network's own parameters; most have no gradient."""
    return jax.tree.map(
      lambda leaf, moves: leaf if moves else jax.lax.stop_gradient(leaf),
      params['base'],
      self.trained(params)['base'],
    )

  def merged(self, params: Tree) -> Any:
    """Returns the network's parameters with W + (alpha / rank) A B for W."""

    def merge(base: Any, low_rank: Any) -> Any:
      if 'a' in low_rank and not isinstance(low_rank['a'], Mapping):
        more = low_rank['a'] @ low_rank['b'] * (self.alpha / self.rank)
        return {**base, 'kernel': base['kernel'] + more}
      changed = {name: merge(base[name], low_rank[name]) for name in low_rank}
      return {**base, **changed}

    return merge(params['base'], params['low_rank'])

  @contextlib.contextmanager
  def adapting(self, params: Tree) -> Iterator[Any]:
    """Gives the network's parameters, to be applied inside the context.

    There every adapted product gets its second part; with a key for `dropout`
    also that part's dropout.
    """
    targets = [(name,) for name in self.targets]

    def adapt(call: Any, args: Any, kwargs: Any, context: Any) -> Any:
      found = call(*args, **kwargs)
      path = context.module.path
      if context.method_name != '__call__' or path[-1:] not in targets:
        return found
      factors = _at(params['low_rank'], path)
      dtype = found.dtype
      x = self._dropped(context.module, args[0])
      less = layers.product(x, factors['a'].astype(dtype))
      more = layers.product(less, factors['b'].astype(dtype))
      return found + more * (self.alpha / self.rank)

    with nn.intercept_methods(adapt):
      yield self.frozen(params)

  def _dropped(self, module: nn.Module, x: jax.Array) -> jax.Array:
    if not self.dropout_rate or not module.has_rng('dropout'):
      return x
    key = module.make_rng('dropout')
    kept = jax.random.bernoulli(key, 1.0 - self.dropout_rate, x.shape)
    return jnp.where(kept, x / (1.0 - self.dropout_rate), 0.0)

  def _adapted(self, base: Tree) -> list[tuple[str, ...]]:
    """Returns the paths of the modules that are adapted."""
    leaves = jax.tree_util.tree_leaves_with_path(base)
    paths = [(tuple(e.key for e in path), leaf) for path, leaf in leaves]
    found = [
      (path[:-1], leaf)
      for path, leaf in paths
      if path[-1] == 'kernel' and path[-2] in self.targets
    ]
    if not found:
      raise ValueError(
        f'LowRank.targets are {self.targets}, and the network has no product '
        'of these names; give the last names of some of its kernels.'
      )
    if any(leaf.ndim != 2 for _, leaf in found):
      raise ValueError(
        'LowRank adapts single layers and those of this network are stacked; '
        'set its scan_layers to False.'
      )
    return [path for path, _ in found]


def _at(tree: Any, path: tuple[str, ...]) -> Any:
  """Returns what stands at a path, or None."""
  for name in path:
    if not isinstance(tree, Mapping) or name not in tree:
      return None
    tree = tree[name]
  return tree
