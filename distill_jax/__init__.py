"""Rationale distillation in JAX: teach a small model from written reasoning."""

__version__ = '0.1.0'
