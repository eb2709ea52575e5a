"""Refusals of changes to a customer group."""

from bursar.kernel.errors import Conflict, NotFound, Refused


class GroupUnknown(NotFound):
    """The merchant has no such customer group."""

    group_id: int


class GroupNameTaken(Conflict):
    """Another group of the merchant has this name."""

    name: str


class DefaultGroupKept(Refused):
    """The default group cannot be deleted."""

    group_id: int


class GroupHasCustomers(Refused):
    """The group has customers."""

    group_id: int


class GroupHasRate(Refused):
    """The group has a card rate."""

    group_id: int
