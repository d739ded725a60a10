"""Losses: arrays in, arrays out. They know neither networks nor parameters."""
