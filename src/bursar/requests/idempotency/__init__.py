"""Requests that change something are answered once: a repeat of the same one gets the first one's answer."""
