"""Records to token caches, and token caches to batches.

Only `build` imports TensorFlow and SeqIO, and it runs in a process of its own.
"""
