"""The keys of an install as its staff see them: which there are, how old, and who replaces them."""
