"""The sizes of a T5, and the checks that they fit together."""

import dataclasses

import jax
import jax.numpy as jnp

_ACTIVATIONS = ('relu', 'gelu', 'silu', 'linear')
_DTYPES = ('float32', 'bfloat16')


@dataclasses.dataclass(frozen=True, kw_only=True)
class T5Config:
  """Sizes and switches of a T5 1.0, 1.1 or Flan, under T5X's names.

  T5 1.0 has `mlp_activations=('relu',)` and `logits_via_embedding=True`; T5 1.1
  and Flan have `('gelu', 'linear')` and False.

  Attributes:
    vocab_size: rows of the embedding, a little more than the vocabulary has.
    emb_dim: D, width of the residual stream.
    num_heads: H.
    head_dim: C; H * C need not be D.
    mlp_dim: F.
    num_encoder_layers: layers of the encoder.
    num_decoder_layers: layers of the decoder.
    mlp_activations: one activation, or two whose results are multiplied.
    logits_via_embedding: True where the logits reuse the embedding, scaled by
      1 / sqrt(D).
    dropout_rate: of every dropout of the network.
    dtype: of the computation; parameters, norms, softmax and logits are
      float32 whatever it says.
    remat: recompute a layer's activations in the backward pass.
    scan_layers: compile one layer and loop over it. The parameters of all
      layers are then stacked, see `repeat.stack`.
    relpos_num_buckets: buckets of the relative position bias.
    relpos_max_distance: tokens from which on all distances share a bucket.
  """

  vocab_size: int
  emb_dim: int
  num_heads: int
  head_dim: int
  mlp_dim: int
  num_encoder_layers: int
  num_decoder_layers: int
  mlp_activations: tuple[str, ...] = ('gelu', 'linear')
  logits_via_embedding: bool = False
  dropout_rate: float = 0.1
  dtype: str = 'float32'
  remat: bool = False
  scan_layers: bool = False
  relpos_num_buckets: int = 32
  relpos_max_distance: int = 128

  def __post_init__(self):
    sizes = {
      name: getattr(self, name)
      for name in (
        'vocab_size',
        'emb_dim',
        'num_heads',
        'head_dim',
        'mlp_dim',
        'num_encoder_layers',
        'num_decoder_layers',
      )
    }
    for name, size in sizes.items():
      if size < 1:
        raise ValueError(f'T5Config.{name} is {size}, expected at least 1.')
    if self.dtype not in _DTYPES:
      raise ValueError(
        f'T5Config.dtype is {self.dtype!r}, expected one of {_DTYPES} '
        '(float16 is left out because T5 overflows in it).'
      )
    if not 0.0 <= self.dropout_rate < 1.0:
      raise ValueError(
        f'T5Config.dropout_rate is {self.dropout_rate}, expected [0, 1).'
      )
    _check_activations(self.mlp_activations)
    _check_buckets(self.relpos_num_buckets, self.relpos_max_distance)

  @property
  def compute_dtype(self) -> jnp.dtype:
    """Returns `dtype` as jax knows it."""
    return jnp.dtype(self.dtype)


def activation(name: str):
  """Returns the function an entry of `mlp_activations` names.

  `gelu` is the tanh form, as in T5 1.1.
  """
  if name == 'linear':
    return lambda x: x
  return {'relu': jax.nn.relu, 'gelu': jax.nn.gelu, 'silu': jax.nn.silu}[name]


def _check_activations(names: tuple[str, ...]) -> None:
  unknown = [name for name in names if name not in _ACTIVATIONS]
  if unknown or not 1 <= len(names) <= 2:
    raise ValueError(
      f'T5Config.mlp_activations is {names}, expected one or two of '
      f"{_ACTIVATIONS}: ('relu',) for T5 1.0, ('gelu', 'linear') for T5 1.1."
    )


def _check_buckets(buckets: int, max_distance: int) -> None:
  if buckets < 4 or buckets % 4 or max_distance <= buckets:
    raise ValueError(
      f'T5Config.relpos_num_buckets is {buckets} and relpos_max_distance '
      f'{max_distance}, expected a multiple of 4 and a larger distance.'
    )
