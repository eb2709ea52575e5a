"""Signing in: one-time links, passwords with a second factor, passkeys, and the sessions that follow."""
