"""Numbered SQL files, applied in order (see `bursar.db.migrate`), and `tables.toml`, which declares their tables."""
