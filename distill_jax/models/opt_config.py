"""The sizes of an OPT, and the checks that they fit together."""

import dataclasses

import jax.numpy as jnp

from distill_jax.models import sizes


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptConfig:
  """Sizes and switches of an OPT or OPT-IML.

  All have `norm_first=True` and `token_dim` equal to `emb_dim`, but OPT-350M,
  which has `norm_first=False` and `token_dim=512`.

  Attributes:
    vocab_size: rows of the embedding, a little more than the vocabulary has.
    emb_dim: D, width of the residual stream.
    num_heads: H; a head has D / H channels.
    mlp_dim: F.
    num_decoder_layers: layers.
    token_dim: width of a token's vector; where it is not D, two products lead
      from it to D and back.
    num_positions: the longest prompt and text together.
    norm_first: norms before attention and feed-forward, and one behind all
      layers; else a norm behind every skip, and none behind the last layer.
    norm_epsilon: added to the variance in every norm.
    dropout_rate: of every dropout of the network.
    dtype: of the computation; parameters, norms, softmax and logits are
      float32 whatever it says.
    remat: recompute a layer's activations in the backward pass.
    scan_layers: compile one layer and loop over it. The parameters of all
      layers are then stacked, see `repeat.stack`.
  """

  vocab_size: int
  emb_dim: int
  num_heads: int
  mlp_dim: int
  num_decoder_layers: int
  token_dim: int
  num_positions: int = 2048
  norm_first: bool = True
  norm_epsilon: float = 1e-5
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
      'num_decoder_layers',
      'token_dim',
      'num_positions',
    )
    sizes.require_heads(self)
    sizes.require_running(self)

  @property
  def compute_dtype(self) -> jnp.dtype:
    """Returns `dtype` as jax knows it."""
    return jnp.dtype(self.dtype)
