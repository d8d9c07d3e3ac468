"""Rows as CSV (RFC 4180) that spreadsheets open as what it is: text, never a formula."""

import csv
from collections.abc import Iterable
from io import StringIO

START = "\ufeff"
"""A byte order mark, by which spreadsheets know UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


def csv_of(rows: Iterable[Iterable[object]]) -> str:
    """A line for each row; None is an empty cell. Text that would be a formula has a `'` before it."""
    text = StringIO()
    csv.writer(text).writerows([plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def plain(cell: object) -> object:
    """Numbers stay as they are, below zero too; text is made harmless."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA) else cell
