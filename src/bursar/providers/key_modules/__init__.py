"""Hardware modules that hold the key over the master key."""
