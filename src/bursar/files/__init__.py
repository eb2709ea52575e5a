"""Uploaded files: what they must be, and how long they are kept unused."""
