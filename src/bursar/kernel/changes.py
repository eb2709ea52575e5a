"""Changes of settings: each field of a change is a new value, None for the setting's default, or UNSET. Pure.

A setting that maps names to values is changed entry by entry in the same way; None for the map takes all entries away.
"""

import dataclasses
from enum import Enum
from typing import Any, Final


class Unset(Enum):
    """The type of UNSET."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""The setting stays as it is."""


def given(change: Any) -> dict[str, Any]:
    """The fields of a change that are set, by name; `change` is a dataclass."""
    values = {field.name: getattr(change, field.name) for field in dataclasses.fields(change)}
    return {name: value for name, value in values.items() if value is not UNSET}
