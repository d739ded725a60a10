"""The configuration of a T5X checkpoint, from its tensors and its config.gin.

The shapes say all sizes. What they cannot say is taken from config.gin or from
the user, never guessed: which function a network applies in its MLPs.
"""

import re
from collections.abc import Mapping

from distill_jax.models import config as config_lib
from distill_jax.weights import t5x_gin

_LAYER = re.compile(r'(encoder|decoder)/layers_(\d+)/')
_KERNEL = 'encoder/layers_0/{}/kernel'

_Shapes = Mapping[str, tuple[int, ...]]


def infer(
  place: str,
  shapes: _Shapes,
  said: t5x_gin.Said | None,
  activations: tuple[str, ...] | None,
) -> config_lib.T5Config:
  """Returns the configuration of a checkpoint.

  Args:
    place: of the checkpoint, for messages.
    shapes: of its parameters, by name.
    said: what config.gin says, if there is one.
    activations: what the user says.

  Raises:
    ValueError: if it is no T5, if nothing says the activations, or if what is
      said does not agree.
  """
  _require_layers(place, shapes)
  vocab_size, emb_dim = _shape(place, shapes, 'token_embedder/embedding')
  num_heads, buckets = _shape(
    place, shapes, 'encoder/relpos_bias/rel_embedding'
  )
  width = _shape(place, shapes, _KERNEL.format('attention/query'))[1]
  gated = _KERNEL.format('mlp/wi') not in shapes
  wi = _KERNEL.format('mlp/wi_0' if gated else 'mlp/wi')
  fields = {
    'vocab_size': vocab_size,
    'emb_dim': emb_dim,
    'num_heads': num_heads,
    'head_dim': width // num_heads,
    'mlp_dim': _shape(place, shapes, wi)[1],
    'num_encoder_layers': _layers(shapes, 'encoder'),
    'num_decoder_layers': _layers(shapes, 'decoder'),
    'logits_via_embedding': 'decoder/logits_dense/kernel' not in shapes,
    'relpos_num_buckets': buckets,
  }
  _require_agreement(place, fields, said)
  dropout = _fields(said).get('dropout_rate')
  if dropout is not None:
    fields['dropout_rate'] = dropout
  names = _activations(place, gated, said, activations)
  try:
    return config_lib.T5Config(
      **fields,
      mlp_activations=names,
      relpos_max_distance=t5x_gin.MAX_DISTANCE,
    )
  except ValueError as error:
    raise ValueError(f'{said.place if said else place}: {error}') from error


def _activations(
  place: str,
  gated: bool,
  said: t5x_gin.Said | None,
  given: tuple[str, ...] | None,
) -> tuple[str, ...]:
  bound = _fields(said).get('mlp_activations')
  given = None if given is None else tuple(given)
  if bound and given and bound != given:
    raise ValueError(
      f'{place} has the activations {bound} by {said.place}, got {given}; '
      'give those of the checkpoint, or mend that file.'
    )
  names = bound or given
  shown = 'wi_0 and wi_1' if gated else 'one wi'
  if names is None:
    where = (
      'no config.gin of T5X is beside it'
      if said is None
      else f'{said.place} binds no T5Config.mlp_activations to plain names'
    )
    raise ValueError(
      f'{place} does not say its activations: each MLP has {shown}, and '
      f'{where}; give --activations=gelu,linear for T5 1.1 and Flan, '
      '--activations=relu for T5 1.0.'
    )
  if len(names) != 1 + gated:
    raise ValueError(
      f'{place} has {shown} in each MLP, expected {1 + gated} activations, got '
      f'{names}; T5 1.1 and Flan have gelu,linear and T5 1.0 has relu.'
    )
  return names


def _require_layers(place: str, shapes: _Shapes) -> None:
  """Refuses the trees of other networks.

  Raises:
    ValueError: if no layers are there, or they are stacked.
  """
  stacked = [
    name
    for name in shapes
    if re.match(r'(encoder/encoder|decoder/decoder)/', name)
  ]
  if stacked:
    raise ValueError(
      f'{place} holds {stacked[0]}: all layers in one array, and a position '
      'bias in each of them, which is the scalable_t5 of T5X; expected its t5, '
      'with encoder/layers_0 and so on.'
    )
  for stack in ('encoder', 'decoder'):
    if not _layers(shapes, stack):
      raise ValueError(
        f'{place} holds no {stack}/layers_0, expected a T5 with encoder and '
        'decoder; it is of another architecture.'
      )


def _require_agreement(
  place: str, fields: Mapping[str, object], said: t5x_gin.Said | None
) -> None:
  for name, value in _fields(said).items():
    if name in fields and fields[name] != value:
      raise ValueError(
        f'{place} has {name} {fields[name]!r} by its tensors and {value!r} by '
        f'{said.place}; the checkpoint is incomplete, or the file is of '
        'another one.'
      )


def _fields(said: t5x_gin.Said | None) -> Mapping[str, object]:
  return {} if said is None else said.fields


def _layers(shapes: _Shapes, stack: str) -> int:
  matches = [match for name in shapes if (match := _LAYER.match(name))]
  return max((int(m[2]) + 1 for m in matches if m[1] == stack), default=0)


def _shape(place: str, shapes: _Shapes, name: str) -> tuple[int, int]:
  shape = shapes.get(name)
  if shape is None:
    raise ValueError(
      f'{place} lacks {name}, which every T5 has; the checkpoint is '
      'incomplete, or of another architecture.'
    )
  if len(shape) != 2:
    raise ValueError(
      f'{place}: {name} is {shape}, expected two axes as in the t5 of T5X; it '
      'is of another network.'
    )
  return shape
