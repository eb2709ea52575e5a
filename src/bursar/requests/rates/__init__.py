"""Rate limits of keys, counted once for all processes."""
