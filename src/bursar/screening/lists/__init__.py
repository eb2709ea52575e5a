"""Readers of published lists: a folder's files as entries, one at a time.

Files are data of others. Markup is read without entities and document types; sizes, counts and lengths have limits, and
no file is held in memory as a whole.
"""
