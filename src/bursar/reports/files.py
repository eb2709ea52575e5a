"""Reports as files: a workbook, or one CSV for each table in a ZIP archive. Texts are made inert for spreadsheets."""

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Final

from xlsxwriter import Workbook

from bursar.kernel.money import scale_of
from bursar.payouts.statements.escaping import inert
from bursar.payouts.statements.workbook import EXACT_BELOW, Formats
from bursar.reports.model import Cell, Content, Report, Table

WIDTH: Final = 24
"""Characters of a column."""
NOTES: Final = "Differences"
"""The table of the sentences that say what does not fit."""
MEMBER_AT: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every member of an archive, so that equal reports are equal files."""


def name_of(report: Report, ending: str) -> str:
    """The name of a report's file."""
    days = f"{report.first_day}" if report.first_day == report.last_day else f"{report.first_day}_{report.last_day}"
    mark = "-provisional" if report.provisional else ""
    return f"{report.kind}-{days}{mark}.{ending}"


def workbook(content: Content) -> bytes:
    """The xlsx file: a sheet for each table, differences first if there are any."""
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = Formats(book)
    for table in _tables(content):
        sheet = book.add_worksheet(table.name)
        sheet.set_column(0, len(table.columns) - 1, WIDTH)
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(table.columns):
            sheet.write_string(0, column, title, formats.heading)
        for number, row in enumerate(table.rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, inert(cell), formats.text)
                elif isinstance(cell, int):
                    sheet.write_number(number, column, cell, formats.count)
                elif abs(cell.minor) < EXACT_BELOW:
                    sheet.write_number(
                        number, column, cell.minor / 10 ** scale_of(cell.asset), formats.money(cell.asset)
                    )
                else:
                    sheet.write_string(number, column, str(cell), formats.digits)
    book.close()
    return file.getvalue()


def archive(content: Content) -> bytes:
    """The ZIP archive: a CSV in UTF-8 for each table, amounts as decimals."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for table in _tables(content):
            packed.writestr(zipfile.ZipInfo(f"{table.name.lower()}.csv", MEMBER_AT), _csv(table))
    return file.getvalue()


def _csv(table: Table) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode()


def _plain(cell: Cell) -> str:
    return inert(cell) if isinstance(cell, str) else str(cell)


def _tables(content: Content) -> Sequence[Table]:
    if not content.differences:
        return content.tables
    notes = Table(NOTES, ("To be looked at",), [(sentence,) for sentence in content.differences])
    return [notes, *content.tables]
