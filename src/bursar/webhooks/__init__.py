"""Webhooks: announcements to merchants, their delivery over HTTP, and the log of it."""
