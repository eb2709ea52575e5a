"""The consolidated financial sanctions list of the European Union as XML (`sanctionEntity`), versions 1.0 and 1.1."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from bursar.screening.lists.entries import entry
from bursar.screening.lists.limits import children, read_elements, text
from bursar.screening.model import EntryKind, ListedEntry

ROOTS: Final = frozenset({"export"})
_NAME_PARTS: Final = ("firstName", "middleName", "lastName")


def read(path: Path) -> Iterator[ListedEntry]:
    """The entries; raises ListUnreadable."""
    for _, found in read_elements(path, "sanctionEntity"):
        yield entry(
            path.name,
            found.get("logicalId") or found.get("euReferenceNumber"),
            _kind(found),
            [name for alias in children(found, "nameAlias") for name in _names(alias)],
            details={
                "programme": next((law.get("programme") for law in children(found, "regulation")), None),
                "number": found.get("euReferenceNumber"),
                "born": _values(found, "birthdate", "birthdate") or _values(found, "birthdate", "year"),
                "countries": _values(found, "citizenship", "countryIso2Code"),
                "remarks": text(found, "remark"),
            },
        )


def _kind(found: Element) -> EntryKind:
    codes = {kind.get("code") or kind.get("classificationCode") for kind in children(found, "subjectType")}
    return EntryKind.PERSON if codes & {"person", "P"} else EntryKind.ORGANISATION


def _names(alias: Element) -> Iterator[str]:
    yield alias.get("wholeName") or " ".join(filter(None, map(alias.get, _NAME_PARTS)))


def _values(found: Element, name: str, attribute: str) -> list[str]:
    return [value for child in children(found, name) if (value := child.get(attribute))]
