"""Critics: networks that score candidates of a question."""
