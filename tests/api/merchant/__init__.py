"""The merchant users' API."""
