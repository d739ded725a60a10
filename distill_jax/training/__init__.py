"""Training: phases of updates over one stream of batches."""
