"""A file of payouts as rows of text: CSV in UTF-8, or a workbook. Runs in a process of its own (`sheet_program.py`).

Nothing of a file is computed: a cell with a formula refuses the whole file, in a workbook by its kind, and in CSV by
the characters with which spreadsheets begin one. Limits are judged before anything is unpacked, and during reading.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from bursar.ordering.errors import SheetUnusable
from bursar.ordering.model import (
    CELL_CHARS_MAX,
    COLUMNS,
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    MEMBERS_MAX,
    PAYEE_ID,
    PAYEE_REFERENCE,
    REQUIRED,
    ROWS_MAX,
    UNPACKED_BYTES_MAX,
    DraftRow,
    SheetFault,
)

_WORKBOOK: Final = b"PK\x03\x04"
_FORMULA: Final = re.compile(r"[=+@\t\r-]")
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_LINES_MAX: Final = 2 * ROWS_MAX
"""Rows looked at, with the blank ones that are passed over."""
_EXACT_MAX: Final = 10**15
"""Whole numbers of a workbook that are exact: it has 15 digits."""

Cells = Sequence[str]


def read_sheet(content: bytes) -> list[DraftRow]:
    """The rows below the first one, which names the columns; blank ones are passed over. Raises SheetUnusable."""
    if len(content) > FILE_BYTES_MAX:
        raise SheetUnusable(SheetFault.TOO_LARGE, str(FILE_BYTES_MAX))
    lines = _workbook_lines(content) if content.startswith(_WORKBOOK) else _csv_lines(content)
    named: list[str] | None = None
    rows: list[DraftRow] = []
    for number, cells in enumerate(lines, 1):
        if number > _LINES_MAX or len(rows) > ROWS_MAX:
            raise SheetUnusable(SheetFault.TOO_MANY_ROWS, str(ROWS_MAX))
        if not any(cells):
            continue
        if named is None:
            named = _names(cells)
        else:
            rows.append(_row(number, named, cells))
    if not rows:
        raise SheetUnusable(SheetFault.EMPTY, "")
    if len(rows) > ROWS_MAX:
        raise SheetUnusable(SheetFault.TOO_MANY_ROWS, str(ROWS_MAX))
    return rows


def _names(cells: Cells) -> list[str]:
    names = [cell.strip().lower().replace(" ", "_") for cell in cells]
    while names and not names[-1]:
        names.pop()
    for at, name in enumerate(names):
        if name not in COLUMNS:
            raise SheetUnusable(SheetFault.COLUMN_UNKNOWN, name[:CELL_CHARS_MAX] or str(at + 1))
        if name in names[:at]:
            raise SheetUnusable(SheetFault.COLUMN_TWICE, name)
    for name in REQUIRED:
        if name not in names:
            raise SheetUnusable(SheetFault.COLUMN_MISSING, name)
    if PAYEE_ID not in names and PAYEE_REFERENCE not in names:
        raise SheetUnusable(SheetFault.COLUMN_MISSING, PAYEE_REFERENCE)
    return names


def _row(number: int, names: Sequence[str], cells: Cells) -> DraftRow:
    if any(cells[len(names) :]):
        raise SheetUnusable(SheetFault.COLUMN_UNKNOWN, _place(number, len(names)))
    texts = dict.fromkeys(COLUMNS, "") | dict(zip(names, cells, strict=False))
    return DraftRow(number, **texts)


def _place(number: int, at: int) -> str:
    """A cell as spreadsheets name it: `B7`; COLUMNS_MAX keeps most of them to one letter."""
    first, second = divmod(at, 26)
    return f"{chr(64 + first) if first else ''}{chr(65 + second)}{number}"


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _csv_lines(content: bytes) -> Iterator[Cells]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetUnusable(SheetFault.NOT_TEXT, "") from None
    if "\x00" in text:
        raise SheetUnusable(SheetFault.NOT_TEXT, "")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(CELL_CHARS_MAX * 10)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            yield [_csv_cell(cell, number, at) for at, cell in enumerate(cells)]
    except csv.Error:
        raise SheetUnusable(SheetFault.UNREADABLE, "") from None


def _csv_cell(cell: str, number: int, at: int) -> str:
    if _FORMULA.match(cell) and not _PLAIN_NUMBER.fullmatch(cell):
        raise SheetUnusable(SheetFault.FORMULA, _place(number, min(at, COLUMNS_MAX)))
    return _within(cell, number, at)


def _within(cell: str, number: int, at: int) -> str:
    if at >= COLUMNS_MAX and cell:
        raise SheetUnusable(SheetFault.COLUMN_UNKNOWN, _place(number, COLUMNS_MAX))
    if len(cell) > CELL_CHARS_MAX:
        raise SheetUnusable(SheetFault.CELL_TOO_LONG, _place(number, at))
    return cell


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _workbook_lines(content: bytes) -> Iterator[Cells]:
    from openpyxl import load_workbook  # of this process alone, and of workbooks alone: it takes a while to load

    _check_archive(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()  # a sheet that says it ends earlier than it does loses no row
        yield from _sheet_lines(sheet.iter_rows(max_col=COLUMNS_MAX))
    except SheetUnusable:
        raise
    except Exception:  # the library raises whatever its parts do for bytes that are no workbook
        raise SheetUnusable(SheetFault.UNREADABLE, "") from None


def _check_archive(content: bytes) -> None:
    """Judge a workbook by what its table of contents says; what is unpacked is never more than that."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError):
        raise SheetUnusable(SheetFault.UNREADABLE, "") from None
    if len(members) > MEMBERS_MAX or sum(member.file_size for member in members) > UNPACKED_BYTES_MAX:
        raise SheetUnusable(SheetFault.TOO_LARGE, str(UNPACKED_BYTES_MAX))


def _sheet_lines(rows: Iterable[Sequence[Any]]) -> Iterator[Cells]:
    for number, row in enumerate(rows, 1):
        yield [_cell_text(cell, number, at) for at, cell in enumerate(row)]


def _cell_text(cell: Any, number: int, at: int) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise SheetUnusable(SheetFault.FORMULA, _place(number, at))
    if isinstance(value, str) and cell.data_type != "e":
        return _within(value, number, at)
    if type(value) in (int, float) and abs(value) < _EXACT_MAX:
        return format(Decimal(repr(value)).normalize(), "f")
    raise SheetUnusable(SheetFault.CELL_UNREADABLE, _place(number, at))
