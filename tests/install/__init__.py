"""The install: its embedded PostgreSQL, its home, its supervisor, its settings and its logs."""
