"""Prompts: forms, examples, and what replies to them say."""
