"""Rationale stores: collected, filtered, summed up."""
