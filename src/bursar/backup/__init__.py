"""Backups: one sealed file of the database and of the home's files, made under traffic, checked, and opened."""
