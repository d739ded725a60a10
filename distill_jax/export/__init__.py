"""From one kind of checkpoint to another, with all that belongs to it."""
