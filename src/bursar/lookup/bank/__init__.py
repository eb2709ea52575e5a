"""The bank's files and their entries, as the operator sees them."""
