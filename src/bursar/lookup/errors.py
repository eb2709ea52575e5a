"""Refusals of searches."""

from bursar.kernel.errors import NotFound, Refused


class SearchUnusable(Refused):
    """A search is 1 to 200 characters that can be seen."""


class ObjectUnknown(NotFound):
    """Nothing of this name was ever here."""

    name: str
