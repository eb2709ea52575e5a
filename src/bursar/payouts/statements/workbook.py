"""xlsx files of statements, written row by row so that memory does not grow with them.

Of a day's payouts, the first sheet holds the orders and the second the proof. Rows beyond the limit of one sheet go on
in further ones. Texts are made inert here. Numbers are numbers where a spreadsheet holds them exactly, and texts
otherwise. The library's temporary files lie in `folder`, which is the caller's to remove.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bursar.kernel.money import Money, scale_of
from bursar.payouts.statements.escaping import inert
from bursar.payouts.statements.model import Calendar
from bursar.payouts.statements.ports import Cell, CellKind, Column

ROWS_MAX: Final = 1_048_576
"""Rows of one sheet, the heading included: what the format allows."""
EXACT_BELOW: Final = 10**15
"""Spreadsheets keep fifteen digits of a number."""

_FONT: Final = {"font_name": "Calibri", "font_size": 11}
_HEADING: Final = {
    **_FONT,
    "bold": True,
    "font_color": "#FFFFFF",
    "bg_color": "#1F3A5F",
    "valign": "vcenter",
    "border": 1,
    "border_color": "#1F3A5F",
}
_TOTAL: Final = {"bold": True, "top": 1}
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of a spreadsheet, which knows no time zones
_SECONDS_OF_DAY: Final = 86_400
_INSTANT: Final = "yyyy-mm-dd hh:mm:ss"
_NUMBERS: Final = frozenset({CellKind.MONEY, CellKind.COUNT})
"""Columns whose titles stand on the right, above the numbers."""


class Formats:
    """The looks of cells in one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._money: dict[tuple[str, bool], Format] = {}
        self.text = self._of({"num_format": "@", "indent": 1})
        self.arabic = self._of({"num_format": "@", "reading_order": 2, "align": "right", "indent": 1})
        self.instant = self._of({"num_format": _INSTANT, "align": "left", "indent": 1})
        self.count = self._of({"num_format": "#,##0"})
        self.total_count = self._of({"num_format": "#,##0", **_TOTAL})
        self.digits = self._of({"num_format": "@", "align": "right"})
        self.plain = self._of({"indent": 1})
        self.total = self._of({"indent": 1, **_TOTAL})
        self.title = self._of({"bold": True, "font_size": 16, "font_color": "#1F3A5F"})
        self.subject = self._of({"bold": True, "font_size": 12, "font_color": "#1F3A5F", "bottom": 1})
        self.label = self._of({"font_color": "#595959"})
        self.verdict = self._of({"bold": True, "font_color": "#1E6B34", "bg_color": "#E3F1E6"})
        self.heading = book.add_format({**_HEADING, "indent": 1})
        self.heading_right = book.add_format({**_HEADING, "align": "right"})

    def _of(self, look: dict[str, Any]) -> Format:
        return self._book.add_format({**_FONT, **look})

    def money(self, currency: str, *, total: bool = False) -> Format:
        """An amount with the decimals of its currency."""
        if (currency, total) not in self._money:
            decimals = "0" * scale_of(currency)
            number = {"num_format": f"#,##0.{decimals}" if decimals else "#,##0"}
            self._money[currency, total] = self._of({**number, **(_TOTAL if total else {})})
        return self._money[currency, total]


class CellWriter:
    """Writes cells of one sheet."""

    def __init__(self, sheet: Worksheet, formats: Formats, calendar: Calendar) -> None:
        self.sheet = sheet
        self.formats = formats
        self._calendar = calendar

    def text(self, row: int, column: int, text: str, look: Format | None = None) -> None:
        """A text that nobody can take for a formula."""
        self.sheet.write_string(row, column, inert(text), look or self.formats.text)

    def money(self, row: int, column: int, money: Money, *, total: bool = False) -> None:
        """An amount, as a number if that is exact."""
        if abs(money.minor) < EXACT_BELOW:
            number = money.minor / 10 ** scale_of(money.asset)
            self.sheet.write_number(row, column, number, self.formats.money(money.asset, total=total))
        else:
            self.sheet.write_string(row, column, str(money), self.formats.digits)

    def instant(self, row: int, column: int, at: datetime) -> None:
        """A date and a time of day, to the second."""
        seconds = (self._calendar.local(at) - _EPOCH) // timedelta(seconds=1)
        self.sheet.write_number(row, column, seconds / _SECONDS_OF_DAY, self.formats.instant)

    def heading(self, row: int, titles: Iterable[tuple[str, bool]]) -> None:
        """Titles of columns, each with whether numbers stand below it."""
        for column, (title, over_numbers) in enumerate(titles):
            look = self.formats.heading_right if over_numbers else self.formats.heading
            self.sheet.write_string(row, column, title, look)


class RowSheets:
    """Rows below titled columns, on as many sheets as they need; written in order and never looked at again."""

    def __init__(
        self, book: Workbook, formats: Formats, calendar: Calendar, title: str, columns: Sequence[Column]
    ) -> None:
        self._book = book
        self._formats = formats
        self._calendar = calendar
        self._title = title
        self._columns = columns
        self._sheets = 0
        self._pen = self._new_sheet()
        self._row = 1

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """More rows, in order."""
        for cells in rows:
            if self._row == ROWS_MAX:
                self.finish()
                self._pen, self._row = self._new_sheet(), 1
            for column, (cell, described) in enumerate(zip(cells, self._columns, strict=True)):
                self._write(column, cell, described)
            self._row += 1

    def finish(self) -> None:
        """End the last sheet."""
        self._pen.sheet.autofilter(0, 0, self._row - 1, len(self._columns) - 1)

    def _write(self, column: int, cell: Cell, described: Column) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            arabic = described.kind is CellKind.ARABIC
            self._pen.text(self._row, column, cell, self._formats.arabic if arabic else None)
        elif isinstance(cell, Money):
            self._pen.money(self._row, column, cell)
        elif isinstance(cell, int):
            self._pen.sheet.write_number(self._row, column, cell, self._formats.count)
        else:
            self._pen.instant(self._row, column, cell)

    def _new_sheet(self) -> CellWriter:
        self._sheets += 1
        sheet = self._book.add_worksheet(self._title if self._sheets == 1 else f"{self._title} {self._sheets}")
        for number, column in enumerate(self._columns):
            sheet.set_column(number, number, column.width)
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 22)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.ignore_errors({"number_stored_as_text": "A:XFD"})
        pen = CellWriter(sheet, self._formats, self._calendar)
        pen.heading(0, [(column.title, column.kind in _NUMBERS) for column in self._columns])
        return pen


class StatementBook:
    """A statement under way. Not finished, it is of no use to anybody."""

    def __init__(self, path: Path, folder: Path, calendar: Calendar, columns: Sequence[Column]) -> None:
        self.book = flat_workbook(path, folder)
        self.formats = Formats(self.book)
        self._orders = RowSheets(self.book, self.formats, calendar, "Statement", columns)
        self.proof = CellWriter(self.book.add_worksheet("Proof"), self.formats, calendar)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """More rows, in order."""
        self._orders.add(rows)

    def finish(self) -> None:
        """Write the file."""
        self._orders.finish()
        self.book.close()


def flat_workbook(path: Path, folder: Path) -> Workbook:
    """A workbook of which a row at a time is in memory; its rows wait in `folder`, in clear."""
    return Workbook(str(path), {"constant_memory": True, "tmpdir": str(folder), "strings_to_formulas": False})
