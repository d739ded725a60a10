"""Networks in Flax Linen, under the parameter names and axes of T5X."""
