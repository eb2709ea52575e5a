"""Requests as they arrived, kept for a day for those who look for a mistake in a client."""
