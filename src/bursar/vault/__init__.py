"""Secrets at rest: sealed with a data key per merchant, found by keyed hashes, and every reveal on record."""
