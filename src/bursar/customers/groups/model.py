"""A customer group, as a value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

GROUP_NAME_CHARS_MAX: Final = 64
"""Characters in a group's name; at least one."""
DEFAULT_GROUP_NAME: Final = "Default"
"""The group that is made with the merchant; may be renamed."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group, with how many customers it has and which card rate applies to them."""

    id: int
    name: str
    remark: str | None
    is_default: bool
    rate_id: int | None
    customer_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GroupChange:
    """New values of a group; None leaves a value as it is."""

    name: str | None = None
    remark: str | None = None
