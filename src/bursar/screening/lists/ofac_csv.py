"""The lists of the US Treasury (OFAC) as CSV: `sdn.csv` or `cons_prim.csv`, with their `alt`, `add` and `comments`.

Columns by OFAC's description of the legacy files (`dat_spec.txt`): they have no heading, `-0-` is empty, and a remark
that is too long goes on in the comments. Chain addresses stand in remarks: `Digital Currency Address - ETH 0x…;`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from bursar.screening.errors import ListUnreadable
from bursar.screening.lists.entries import entry
from bursar.screening.lists.limits import read_rows
from bursar.screening.model import EntryKind, ListedEntry

EMPTY: Final = "-0-"
_KINDS: Final = {"individual": EntryKind.PERSON, "vessel": EntryKind.VESSEL, "aircraft": EntryKind.OTHER}
_PRIMARY_COLUMNS, _ALT_COLUMNS, _ADD_COLUMNS, _COMMENT_COLUMNS = 12, 5, 6, 2
_ADDRESS: Final = re.compile(r"Digital Currency Address - \w+\s+([A-Za-z0-9:]{10,120})")
_BORN: Final = re.compile(r"\bDOB ([^;.]{4,30})")


def read(primary: Path, alt: Path, add: Path, comments: Path | None) -> Iterator[ListedEntry]:
    """The entries, each with the names and countries that stand in the other files.

    Raises ListUnreadable, also when one of those speaks of nobody in the first.
    """
    names, countries = _by_number(alt, _ALT_COLUMNS, 3), _by_number(add, _ADD_COLUMNS, 4)
    more = _by_number(comments, _COMMENT_COLUMNS, 1) if comments else {}
    known = 0
    for row in _rows(primary, _PRIMARY_COLUMNS):
        number, remarks = row[0], " ".join([row[11], *more.get(row[0], ())])
        known += number in names
        yield entry(
            primary.name,
            number,
            _KINDS.get(row[2].lower(), EntryKind.ORGANISATION),
            [_in_order(row[1], row[2]), *(_in_order(name, row[2]) for name in names.get(number, ()))],
            addresses=_ADDRESS.findall(remarks),
            details={
                "programme": row[3],
                "title": row[4],
                "born": _BORN.findall(remarks),
                "countries": list(dict.fromkeys(countries.get(number, ()))),
                "remarks": remarks,
            },
        )
    if known < len(names):
        raise ListUnreadable(alt.name, f"it has names of entries that {primary.name} does not have")


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    for row in read_rows(path):
        if len(row) < columns or not row[0].isdigit():
            raise ListUnreadable(path.name, f"a row has not {columns} columns that begin with a number")
        yield ["" if cell == EMPTY else cell for cell in row]


def _by_number(path: Path, columns: int, column: int) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(path, columns):
        if row[column]:
            found[row[0]].append(row[column])
    return found


def _in_order(name: str, kind: str) -> str:
    """A person's name with the family name last; OFAC writes it first, and a comma."""
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and kind.lower() == "individual" else name
