"""Requests to the sandbox's control API, without the sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bursar_sdk.values import UNSET, Kind


def given(fields: Mapping[str, tuple[Any, Kind]], *, nulls: bool = False) -> dict[str, Any]:
    """The fields as they are sent; None is left out unless nulls count, UNSET always is."""
    return {
        name: kind.write(value)
        for name, (value, kind) in fields.items()
        if value is not UNSET and (nulls or value is not None)
    }


def segment(value: str | int) -> str:
    """One part of a path."""
    return quote(str(value), safe="")
