"""Checks that the configurations of BERT and OPT share."""

from typing import Any

_DTYPES = ('float32', 'bfloat16')


def require_positive(config: Any, *names: str) -> None:
  """Raises ValueError for the first of these fields below 1."""
  for name in names:
    if getattr(config, name) < 1:
      raise ValueError(
        f'{type(config).__name__}.{name} is {getattr(config, name)}, expected '
        'at least 1.'
      )


def require_heads(config: Any) -> None:
  """Raises ValueError if `emb_dim` cannot be cut into `num_heads` heads."""
  if config.emb_dim % config.num_heads:
    raise ValueError(
      f'{type(config).__name__}.emb_dim is {config.emb_dim}, expected a '
      f'multiple of num_heads = {config.num_heads}.'
    )


def require_running(config: Any) -> None:
  """Raises ValueError for a dtype or a rate that no network runs with."""
  kind = type(config).__name__
  if config.dtype not in _DTYPES:
    raise ValueError(
      f'{kind}.dtype is {config.dtype!r}, expected one of {_DTYPES}.'
    )
  if not 0.0 <= config.dropout_rate < 1.0:
    raise ValueError(
      f'{kind}.dropout_rate is {config.dropout_rate}, expected [0, 1).'
    )
  if not config.norm_epsilon > 0.0:
    raise ValueError(
      f'{kind}.norm_epsilon is {config.norm_epsilon}, expected more than 0.'
    )
