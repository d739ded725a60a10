"""The memory of a step, predicted from its program without compiling it."""
