"""Measurements side by side; each module is one command."""
