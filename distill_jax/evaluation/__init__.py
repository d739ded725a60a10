"""Evaluation: what a student says, and how right it is."""
