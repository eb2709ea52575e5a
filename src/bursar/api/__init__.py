"""The HTTP side: one server, and a dialect for each published API."""
