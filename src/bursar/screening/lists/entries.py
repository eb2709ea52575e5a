"""Entries within their limits, as the readers put them together."""

from collections.abc import Iterable, Mapping
from typing import Any

from bursar.screening.errors import ListUnreadable
from bursar.screening.lists.limits import NAME_CHARS_MAX, NAMES_MAX, REMARK_CHARS_MAX
from bursar.screening.model import EntryKind, ListedEntry


def entry(
    file: str,
    reference: str | None,
    kind: EntryKind,
    names: Iterable[str | None],
    *,
    addresses: Iterable[str] = (),
    details: Mapping[str, Any] | None = None,
) -> ListedEntry:
    """An entry; names that are empty or stand twice are left out. Raises ListUnreadable."""
    kept = tuple(dict.fromkeys(name for each in names if each and (name := _plain(each))))
    if not reference or not kept:
        raise ListUnreadable(file, "an entry has no number or no name")
    if len(kept) > NAMES_MAX or any(len(name) > NAME_CHARS_MAX for name in kept):
        raise ListUnreadable(file, f"entry {reference[:40]} has too many names or a name that is too long")
    said = {name: _shortened(value) for name, value in (details or {}).items() if value}
    return ListedEntry(reference, kind, kept, tuple(dict.fromkeys(filter(None, addresses))), said)


def _plain(name: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in name).split())


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value[:REMARK_CHARS_MAX]
    return [str(each)[:REMARK_CHARS_MAX] for each in value][:NAMES_MAX]
