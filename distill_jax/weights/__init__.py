"""Trained parameters in and out: Hugging Face folders, T5X checkpoints."""
