"""Requests and answers of the card API as they look on the wire."""
