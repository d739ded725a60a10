"""Data sets: one module each, with its `DATA_SET`."""
