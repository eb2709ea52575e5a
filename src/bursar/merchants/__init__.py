"""Merchants: their keys, settings, permissions and suspensions."""
