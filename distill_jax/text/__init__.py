"""Strings in, strings out: answers, votes, prompts and the vocabulary."""
