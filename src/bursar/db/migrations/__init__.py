"""Numbered SQL files, applied in order; see `bursar.db.migrate`."""
