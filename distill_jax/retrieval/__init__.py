"""Passages from a corpus, for questions and for rationales."""
