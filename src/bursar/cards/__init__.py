"""Cards: what kinds there are, what they cost, how they are opened, loaded and used."""
