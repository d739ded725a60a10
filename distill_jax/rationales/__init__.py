"""The record of an example, its store, and the readers of public data."""
