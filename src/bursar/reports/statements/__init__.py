"""Statements of a merchant's accounts: balances and entries of a span of days, made by a worker and kept sealed."""
