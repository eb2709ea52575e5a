"""A merchant's own integration, for its users: keys, webhooks, the log of requests, and settings."""
