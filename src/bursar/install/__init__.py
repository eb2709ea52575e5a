"""The install: its PostgreSQL and home, its processes and settings, and its identity with the epoch of its numbers.

An epoch grows by one with each restore of an older backup.
"""
