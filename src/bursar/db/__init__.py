"""The one PostgreSQL: its pool, its named statements and its migrations."""
