"""Checks of all books that somebody asks for, made by a worker beside the rest."""
