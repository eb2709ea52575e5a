"""Nonces: a signed request is let in once."""
