"""Requests that nobody would write."""
