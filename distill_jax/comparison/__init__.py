"""Methods beside one another: many runs, and what to make of them."""
