"""The lists of the US Treasury (OFAC) as XML: `sdn.xml` and `consolidated.xml` (elements `sdnEntry`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from bursar.screening.lists.entries import entry
from bursar.screening.lists.limits import children, read_elements, text, texts
from bursar.screening.model import EntryKind, ListedEntry

ROOTS: Final = frozenset({"sdnList"})
_KINDS: Final = {"individual": EntryKind.PERSON, "vessel": EntryKind.VESSEL, "aircraft": EntryKind.OTHER}


def read(path: Path) -> Iterator[ListedEntry]:
    """The entries; raises ListUnreadable."""
    for _, found in read_elements(path, "sdnEntry"):
        kind = (text(found, "sdnType") or "").lower()
        papers = list(children(found, "idList", "id"))
        yield entry(
            path.name,
            text(found, "uid"),
            _KINDS.get(kind, EntryKind.ORGANISATION),
            [_name(found), *map(_name, children(found, "akaList", "aka"))],
            addresses=[number for paper in papers if _is_address(paper) and (number := text(paper, "idNumber"))],
            details={
                "programme": ", ".join(texts(found, "programList", "program")),
                "title": text(found, "title"),
                "born": texts(found, "dateOfBirthList", "dateOfBirthItem", "dateOfBirth"),
                "countries": texts(found, "addressList", "address", "country"),
                "remarks": text(found, "remarks"),
            },
        )


def published(path: Path) -> str | None:
    """The day that the file says of itself."""
    for _, found in read_elements(path, "publshInformation", "sdnEntry"):
        return text(found, "Publish_Date")
    return None


def _name(element: Element) -> str:
    return " ".join(filter(None, (text(element, "firstName"), text(element, "lastName"))))


def _is_address(paper: Element) -> bool:
    return (text(paper, "idType") or "").startswith("Digital Currency Address")
