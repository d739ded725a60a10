"""The operations of a compiled program: which part each belongs to."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_COMPUTATION = re.compile(r'^(?:ENTRY )?%?([\w.-]+) \(.*\{$')
_INSTRUCTION = re.compile(r'^\s+(?:ROOT )?%?([\w.-]+) = .*?\s([a-z][\w-]*)\(')
_CALLS = re.compile(r'(?:calls|to_apply)=%?([\w.-]+)')
_SOURCE = re.compile(r'op_name="([^"]*)"')
_PRODUCTS = ('dot', 'ragged-dot')
_LIBRARY = re.compile(r'custom_call_target="[^"]*(gemm|matmul)')
_CONTAINERS = ('while', 'call', 'conditional')  # of operations timed themselves

# A part is named by the first of these that stands in an operation's source.
_PARTS = {
  'dropout masks': ('_masks', 'bernoulli', 'threefry', 'random_bits'),
  'embedding and logits': ('token_embedder', 'logits'),
  'norms': ('norm',),
  'attention': ('attention', 'relpos'),
  'feed-forward': ('mlp',),
  'stacks, between the layers': ('T5', 'encoder', 'decoder'),
  'loss': ('jvp',),
}
_REST = 'optimizer'


class Operation(NamedTuple):
  """An instruction of a compiled program.

  Attributes:
    part: of the step that it belongs to.
    product: whether it is, or holds, a matrix product.
  """

  part: str
  product: bool


def of(program: str) -> Mapping[str, Operation]:
  """Returns the operations by name, without those that only hold others.

  Args:
    program: text of a compiled program, `compiled.as_text()`.
  """
  holding, products, found = '', set(), {}
  for line in program.splitlines():
    if start := _COMPUTATION.match(line):
      holding = start[1]
    elif (one := _INSTRUCTION.match(line)) and one[2] not in _CONTAINERS:
      called, source = _CALLS.search(line), _SOURCE.search(line)
      product = one[2] in _PRODUCTS or bool(_LIBRARY.search(line))
      if product:
        products.add(holding)
      found[one[1]] = (product, called and called[1], source and source[1])
  return {
    name: Operation(_part(source or ''), product or called in products)
    for name, (product, called, source) in found.items()
  }


def _part(source: str) -> str:
  return next(
    (
      part
      for part, words in _PARTS.items()
      if any(word in source for word in words)
    ),
    _REST,
  )
