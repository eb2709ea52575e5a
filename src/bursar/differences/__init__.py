"""Differences after a restore: all that bank and chains know beyond the restored moment, worked off by people."""
