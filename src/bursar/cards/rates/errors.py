"""Refusals of changes to a card rate."""

from bursar.kernel.errors import Conflict, NotFound, Refused


class RateUnknown(NotFound):
    """There is no such card rate, or none for this group and product."""


class RateNameTaken(Conflict):
    """Another card rate of the merchant has this name."""

    name: str


class RateIncomplete(Refused):
    """A card rate has exactly one row for each product."""


class RateTermInvalid(Refused):
    """A fee or limit of a card rate cannot be that."""

    product_id: str
    term: str


class RateInUse(Refused):
    """The card rate is attached to a group."""

    rate_id: int


class GroupRated(Refused):
    """The group has a card rate already."""

    group_id: int


class RateNotAttached(Refused):
    """The group does not have this card rate."""

    group_id: int
    rate_id: int
