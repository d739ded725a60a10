"""What two trees of arrays differ in, without looking at any number."""

from typing import Any

import jax


def differences(stored: Any, wanted: Any, partial: bool) -> list[str]:
  """Returns a phrase per array that has another shape, or that only one has.

  Example: `student/head/kernel: stored (352, 96), expected (352, 64)`.

  Args:
    stored: tree of what has a shape.
    wanted: another; names count, the kinds of its containers do not.
    partial: whether `stored` may hold more.
  """
  there, here = shapes(stored), shapes(wanted)
  names = [*here, *(name for name in there if name not in here)]
  return [
    f'{name}: stored {there.get(name, "none")}, '
    f'expected {here.get(name, "none")}'
    for name in (here if partial else names)
    if there.get(name) != here.get(name)
  ]


def shapes(tree: Any) -> dict[str, tuple[int, ...]]:
  """Returns the shape of each array by its name, in the tree's order."""
  return {name: tuple(leaf.shape) for name, leaf in leaves(tree).items()}


def leaves(tree: Any) -> dict[str, Any]:
  """Returns the leaves by their names, such as `student/head/kernel`."""
  return {
    name_of(path): leaf
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
  }


def name_of(path: tuple[Any, ...]) -> str:
  """Returns the name of a leaf, given its path in the tree."""
  return jax.tree_util.keystr(path, simple=True, separator='/')
