"""Users of merchants: who belongs to which merchant, with which roles."""
