"""The sizes of a BERT, and the checks that they fit together."""

import dataclasses

import jax.numpy as jnp

from distill_jax.models import sizes


@dataclasses.dataclass(frozen=True, kw_only=True)
class BertConfig:
  """Sizes of a BERT, LinkBERT or BioLinkBERT encoder.

  Attributes:
    vocab_size: rows of the embedding.
    emb_dim: D, width of the residual stream.
    num_heads: H; a head has D / H channels.
    mlp_dim: F.
    num_encoder_layers: layers.
    num_positions: rows of the table of positions: the longest input.
    num_types: kinds of tokens; BERT has 2, for a first and a second text.
    norm_epsilon: added to the variance in every norm.
    dropout_rate: of every dropout of the network.
    dtype: of the computation; parameters, norms and softmax are float32
      whatever it says.
    remat: recompute a layer's activations in the backward pass.
    scan_layers: compile one layer and loop over it. The parameters of all
      layers are then stacked, see `repeat.stack`.
  """

  vocab_size: int
  emb_dim: int
  num_heads: int
  mlp_dim: int
  num_encoder_layers: int
  num_positions: int = 512
  num_types: int = 2
  norm_epsilon: float = 1e-12
  dropout_rate: float = 0.1
  dtype: str = 'float32'
  remat: bool = False
  scan_layers: bool = False

  def __post_init__(self):
    sizes.require_positive(
      self,
      'vocab_size',
      'emb_dim',
      'num_heads',
      'mlp_dim',
      'num_encoder_layers',
      'num_positions',
      'num_types',
    )
    sizes.require_heads(self)
    sizes.require_running(self)

  @property
  def compute_dtype(self) -> jnp.dtype:
    """Returns `dtype` as jax knows it."""
    return jnp.dtype(self.dtype)
