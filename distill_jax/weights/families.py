"""The kinds of network that are known, by config.json and by configuration."""

from typing import Any

from distill_jax.weights import bert_family, family, opt_family, t5_family

_ALL: tuple[family.Family, ...] = (
  t5_family.T5(),
  bert_family.Bert(),
  opt_family.Opt(),
)


def named(place: str, model_type: Any) -> family.Family:
  """Returns the family that a config.json names.

  Raises:
    ValueError: if it is none of ours.
  """
  for one in _ALL:
    if one.model_type == model_type:
      return one
  known = ', '.join(f'"{one.model_type}"' for one in _ALL)
  raise ValueError(
    f'{place} describes a model of the type {model_type!r}, expected {known}.'
  )


def of(config: Any) -> family.Family:
  """Returns the family of a configuration."""
  return next(one for one in _ALL if isinstance(config, one.configuration))
