"""Two runs' rationales, compared by a language model."""
