"""The consolidated list of the United Nations' Security Council as XML (`INDIVIDUAL` and `ENTITY`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from bursar.screening.lists.entries import entry
from bursar.screening.lists.limits import read_elements, text, texts
from bursar.screening.model import EntryKind, ListedEntry

ROOTS: Final = frozenset({"CONSOLIDATED_LIST"})
_NAME_PARTS: Final = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")


def read(path: Path) -> Iterator[ListedEntry]:
    """The entries; raises ListUnreadable."""
    for name, found in read_elements(path, "INDIVIDUAL", "ENTITY"):
        aliases = f"{name}_ALIAS"
        yield entry(
            path.name,
            text(found, "DATAID"),
            EntryKind.PERSON if name == "INDIVIDUAL" else EntryKind.ORGANISATION,
            [_name(found), text(found, "NAME_ORIGINAL_SCRIPT"), *_aliases(found, aliases)],
            details={
                "programme": text(found, "UN_LIST_TYPE"),
                "number": text(found, "REFERENCE_NUMBER"),
                "born": [
                    *texts(found, "INDIVIDUAL_DATE_OF_BIRTH", "DATE"),
                    *texts(found, "INDIVIDUAL_DATE_OF_BIRTH", "YEAR"),
                ],
                "countries": texts(found, "NATIONALITY", "VALUE"),
                "remarks": text(found, "COMMENTS1"),
            },
        )


def _name(element: Element) -> str:
    return " ".join(part for name in _NAME_PARTS if (part := text(element, name)))


def _aliases(found: Element, element: str) -> Iterator[str]:
    """Names besides the main one; several may stand in one element, with semicolons between."""
    for alias in texts(found, element, "ALIAS_NAME"):
        yield from alias.split(";")
