"""Adapters behind the capabilities' ports; only the composition root imports them."""
