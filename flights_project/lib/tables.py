"""Rows as CSV (RFC 4180) and XLSX that spreadsheets open as what it is: text, never a formula."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

START = "\ufeff"
"""A byte order mark, by which spreadsheets know UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
TABLE_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types by the ending of a file's name."""
ROWS_IN_A_SHEET = 1_048_576
"""As many as spreadsheets open (ECMA-376)."""


def csv_of(rows: Iterable[Iterable[object]]) -> str:
    """A line for each row; None is an empty cell. Text that would be a formula has a `'` before it."""
    text = StringIO()
    csv.writer(text).writerows([plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def plain(cell: object) -> object:
    """Numbers stay as they are, below zero too; text is made harmless."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA) else cell


class Sheets:
    """Rows as XLSX, written to the disk as they come, so that no list has to fit into memory.

    Numbers and days stay what they are, instants are in UTC, text is as harmless as in CSV. Where a sheet is full,
    another one begins with the same head.
    """

    def __init__(self, head: Sequence[str]) -> None:
        self._book = Workbook(write_only=True)
        self._head = head
        self._sheet: Any = None
        self._left = 0
        self._begin()

    def add(self, rows: Iterable[Iterable[object]]) -> None:
        for row in rows:
            if not self._left:
                self._begin()
            self._sheet.append([_cell(cell) for cell in row])
            self._left -= 1

    def save(self, file: BinaryIO) -> None:
        """Once, at the end."""
        self._book.save(file)

    def _begin(self) -> None:
        self._sheet = self._book.create_sheet()
        self._sheet.append(self._head)
        self._left = ROWS_IN_A_SHEET - 1


def _cell(cell: object) -> object:
    """As a sheet keeps it: without zones, and without characters that XML does not know."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
    return plain(ILLEGAL_CHARACTERS_RE.sub("", cell)) if isinstance(cell, str) else cell
