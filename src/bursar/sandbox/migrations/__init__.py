"""The sandbox's own SQL files, applied after those of every install, and `tables.toml`, which declares their tables."""
