"""How often a key may call, counted once for all processes."""
