"""Refusals of searches."""

from collections.abc import Sequence

from bursar.kernel.errors import NotFound, Refused


class SearchUnusable(Refused):
    """A search is 1 to 200 characters that can be seen."""


class StatusUnknown(Refused):
    """Objects of this kind do not have such a status."""

    statuses: Sequence[str]


class NothingToReveal(Refused):
    """The object has no secret yet."""

    name: str


class ObjectUnknown(NotFound):
    """Nothing of this name was ever here."""

    name: str


class PathOfEverybody(Refused):
    """A path is looked for among the requests of one merchant, of one id, or of nobody."""
