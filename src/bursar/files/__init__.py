"""Uploaded files: their rules, and their retention while unused."""
