"""Telling merchants what happened: announcements, their delivery over HTTP, and the log of it."""
