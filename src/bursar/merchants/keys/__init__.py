"""The keys of merchants: made, shown once, used, revoked, expired."""
