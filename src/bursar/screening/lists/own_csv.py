"""A list of the operator's own as CSV, with a heading: `reference`, `kind`, `name`, and if wanted `address`, `reason`.

Several rows with one reference are one entry with several names or addresses; they follow each other.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from bursar.screening.errors import ListUnreadable
from bursar.screening.lists.entries import entry
from bursar.screening.lists.limits import read_rows
from bursar.screening.model import EntryKind, ListedEntry

COLUMNS: Final = ("reference", "kind", "name")
MORE_COLUMNS: Final = ("address", "reason")


def read(path: Path) -> Iterator[ListedEntry]:
    """The entries; raises ListUnreadable."""
    for reference, found in groupby(_rows(path), key=lambda row: row["reference"]):
        rows = list(found)
        try:
            kind = EntryKind(rows[0]["kind"] or EntryKind.PERSON)
        except ValueError:
            raise ListUnreadable(path.name, f"kind is one of {', '.join(EntryKind)}") from None
        yield entry(
            path.name,
            reference,
            kind,
            [row["name"] or row.get("address") for row in rows],
            addresses=[address for row in rows if (address := row.get("address"))],
            details={"remarks": "; ".join(dict.fromkeys(reason for row in rows if (reason := row.get("reason"))))},
        )


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    rows = read_rows(path)
    heading = [cell.lower() for cell in next(rows, [])]
    if not set(COLUMNS) <= set(heading) or set(heading) - set(COLUMNS) - set(MORE_COLUMNS):
        raise ListUnreadable(path.name, f"its heading has {', '.join(COLUMNS)}, and may have {', '.join(MORE_COLUMNS)}")
    for row in rows:
        if len(row) != len(heading):
            raise ListUnreadable(path.name, "a row has not as many cells as the heading")
        yield dict(zip(heading, row, strict=True))
