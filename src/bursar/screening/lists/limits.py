"""Limits of lists and the readers of text and markup within them."""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from bursar.screening.errors import ListUnreadable

FILE_BYTES_MAX: Final = 512 * 1024 * 1024
"""The largest published one (OFAC's advanced XML) has 120 MB."""
ENTRIES_MAX: Final = 500_000
NAMES_MAX: Final = 500
"""Names of one entry; the longest published one has 120."""
NAME_CHARS_MAX: Final = 500
LINE_CHARS_MAX: Final = 100_000
REMARK_CHARS_MAX: Final = 2_000
DEPTH_MAX: Final = 32
"""Elements within elements."""

csv.field_size_limit(LINE_CHARS_MAX)


def check_file(path: Path) -> None:
    """Raises ListUnreadable for what is no plain file, or too large."""
    if not path.is_file():
        raise ListUnreadable(path.name, "it is no file")
    if path.stat().st_size > FILE_BYTES_MAX:
        raise ListUnreadable(path.name, f"it is larger than {FILE_BYTES_MAX} bytes")


def digest_of(paths: Sequence[Path]) -> bytes:
    """SHA-256 of the content of files in their order."""
    whole = hashlib.sha256()
    for path in paths:
        check_file(path)
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.digest()


def read_rows(path: Path) -> Iterator[list[str]]:
    """The rows of a CSV file in UTF-8, cells without spaces around them.

    Raises ListUnreadable.
    """
    check_file(path)
    try:
        yield from _rows(path, "utf-8-sig")
    except UnicodeDecodeError:
        raise ListUnreadable(path.name, "it is not in UTF-8") from None
    except csv.Error as fault:
        raise ListUnreadable(path.name, str(fault)) from None


def _rows(path: Path, encoding: str) -> Iterator[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        for row in csv.reader(_lines(file, path)):
            cells = [cell.strip() for cell in row]
            if cells and cells != ["\x1a"]:  # the end of a file of DOS
                yield cells


def _lines(file: Any, path: Path) -> Iterator[str]:
    while line := file.readline(LINE_CHARS_MAX + 1):
        if len(line) > LINE_CHARS_MAX:
            raise ListUnreadable(path.name, f"a line is longer than {LINE_CHARS_MAX} characters")
        yield line


def read_elements(path: Path, *wanted: str) -> Iterator[tuple[str, Element]]:
    """The elements of an XML file with these names, whatever their namespace, complete; each is forgotten afterwards.

    Document types, entities and references to elsewhere are refused. Raises ListUnreadable.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            yield from _elements(file, path, frozenset(wanted))
    except (ParseError, ValueError, LookupError) as fault:  # the latter two for encodings that nobody knows
        raise ListUnreadable(path.name, f"it is no XML ({fault})") from None
    except DefusedXmlException:
        raise ListUnreadable(path.name, "it declares a document type or entities") from None


def read_root(path: Path) -> tuple[str, Mapping[str, str]]:
    """The name of an XML file's root element, and its attributes; raises ListUnreadable."""
    try:
        with path.open("rb") as file:
            for _, element in iterparse(file, events=("start",), forbid_dtd=True):
                return local_name(element), element.attrib
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        pass
    raise ListUnreadable(path.name, "it is no XML, or declares a document type or entities")


def _elements(file: BinaryIO, path: Path, wanted: frozenset[str]) -> Iterator[tuple[str, Element]]:
    above: list[Element] = []
    inside = 0
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        name = local_name(element)
        if event == "start":
            above.append(element)
            inside += name in wanted
            if len(above) > DEPTH_MAX:
                raise ListUnreadable(path.name, f"elements stand deeper than {DEPTH_MAX}")
            continue
        above.pop()
        if name in wanted:
            inside -= 1
            if not inside:
                yield name, element
        if not inside:
            element.clear()
            if above:
                above[-1].remove(element)


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    tag: str = element.tag
    return tag.rpartition("}")[2]


def children(element: Element, *path: str) -> Iterator[Element]:
    """The elements below, by local names step by step."""
    if not path:
        yield element
        return
    for child in element:
        if local_name(child) == path[0]:
            yield from children(child, *path[1:])


def texts(element: Element, *path: str) -> list[str]:
    """The texts of the elements below, those that are not empty."""
    return [text for child in children(element, *path) if (text := " ".join((child.text or "").split()))]


def text(element: Element, *path: str) -> str | None:
    """The first of the texts below."""
    return next(iter(texts(element, *path)), None)
