"""The sandbox's stream of all that happens to a merchant: server-sent events, read line by line. No network here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FeedEvent:
    """An event of the stream."""

    id: str
    """Given back as `after`, it lets a new stream go on behind this event."""
    kind: str
    """`request`, `push`, `operation`, or `gap` for those that were lost."""
    content: Mapping[str, Any]


def events(lines: Iterable[str]) -> Iterator[FeedEvent | None]:
    """The events of a stream's lines; None for a sign of life. An event that was cut off is not told."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            yield _event(fields)
            fields = {}


def _event(fields: Mapping[str, str]) -> FeedEvent | None:
    try:
        content = json.loads(fields["data"])
    except (KeyError, ValueError):
        return None
    return FeedEvent(fields.get("id", ""), fields.get("event", ""), content) if isinstance(content, dict) else None
