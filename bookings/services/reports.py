"""Lists to take away: asked for, written by a worker in parts, there for a while, then gone.

A part is written and counted in one transaction. CSV is kept as it is read; a file of XLSX is whole only at its end, so
its rows go to the disk of the worker first. A worker that dies leaves a report without a sign of life, and the next
round begins it anew.
"""

import gzip
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from tempfile import TemporaryFile
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bookings.exceptions import ReportExpired
from bookings.models import Report, ReportPart
from bookings.services.report_tables import ReportTable, table_of
from bookings.services.rounds import count_done
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.tables import START, Sheets, csv_of

log = structlog.get_logger(__name__)

LINES_IN_A_PART = 5000
BYTES_IN_A_PART = 1_000_000
DAYS_AT_MOST = 400
SILENCE = timedelta(minutes=5)
"""A worker that has not written a part for so long is dead."""
SALT = "bookings.report"
Status, Ending = Report.Status, Report.Ending


def ask_report(
    *, kind: str, first_day: date, last_day: date, reason: str, user: User, now: datetime, ending: str = Ending.CSV
) -> Report:
    """A report that a worker begins in a moment. Raises InvalidRequest that names the field."""
    if last_day < first_day:
        raise InvalidRequest({"last_day": ["It ends before it begins."]})
    if (last_day - first_day).days >= DAYS_AT_MOST:
        raise InvalidRequest({"last_day": [f"No more than {DAYS_AT_MOST} days at a time."]})
    report = Report.objects.create(
        kind=kind,
        first_day=first_day,
        last_day=last_day,
        ending=ending,
        reason=reason,
        asked_by=user,
        asked_at=now,
    )
    transaction.on_commit(partial(current_app.send_task, "bookings.tasks.write_reports"), robust=True)
    return report


def write_reports(*, now: datetime) -> int:
    """Write what waits, and what a worker has left; returns how many are ready."""
    silent = Q(status=Status.WRITING, worked_at__lt=now - SILENCE)
    waiting = Report.objects.filter(Q(status=Status.WAITING) | silent, asked_at__lte=now)
    return count_done(write_report, list(waiting.order_by("asked_at").values_list("pk", flat=True)))


def write_report(pk: UUID) -> bool:
    """Write all of it, unless another worker does. Whether it is ready; one that cannot be written is marked so."""
    if not _begin(pk, timezone.now()):
        return False
    report = Report.objects.get(pk=pk)
    try:
        for number, (piece, lines) in enumerate(_parts(report)):
            _add_part(report, number, piece, lines)
    except Exception:
        Report.objects.filter(pk=pk, status=Status.WRITING).update(status=Status.FAILED)
        raise
    ends = timezone.now() + settings.REPORT_LIFETIME
    return bool(Report.objects.filter(pk=pk, status=Status.WRITING).update(status=Status.READY, expires_at=ends))


@transaction.atomic
def _begin(pk: UUID, now: datetime) -> bool:
    """Locks the report: of two workers one begins it, and what a dead one has written goes."""
    report = Report.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).first()
    is_left = report and report.status == Status.WRITING and report.worked_at and report.worked_at < now - SILENCE
    if not report or not (report.status == Status.WAITING or is_left):
        return False
    report.parts.all().delete()
    report.status, report.worked_at, report.rows_written = Status.WRITING, now, 0
    report.save(update_fields=["status", "worked_at", "rows_written"])
    return True


def _parts(report: Report) -> Iterator[tuple[bytes, int]]:
    """The pieces of its file, and how many rows were read for each; an empty piece is a sign of life."""
    table = table_of(report, now=timezone.now())
    Report.objects.filter(pk=report.pk).update(rows_expected=table.expected)
    return (_sheets if report.ending == Ending.XLSX else _lines)(table)


def _batches(table: ReportTable) -> Iterator[list[tuple[object, ...]]]:
    while rows := list(islice(table.rows, LINES_IN_A_PART)):
        yield rows


def _lines(table: ReportTable) -> Iterator[tuple[bytes, int]]:
    yield (START + csv_of([table.head])).encode(), 0
    for rows in _batches(table):
        yield csv_of(rows).encode(), len(rows)


def _sheets(table: ReportTable) -> Iterator[tuple[bytes, int]]:
    sheets = Sheets(table.head)
    for rows in _batches(table):
        sheets.add(rows)
        yield b"", len(rows)
    with TemporaryFile() as file:
        sheets.save(file)
        file.seek(0)
        while piece := file.read(BYTES_IN_A_PART):
            yield piece, 0


@transaction.atomic
def _add_part(report: Report, number: int, piece: bytes, lines: int) -> None:
    report.rows_written += lines
    if piece:
        ReportPart.objects.create(report=report, number=number, content=gzip.compress(piece, 6))
    report.worked_at = timezone.now()
    report.save(update_fields=["rows_written", "worked_at"])


def link_to(report: Report) -> str:
    """What an address needs to open the file of a report that is ready: signed, and of use to its asker alone."""
    return signing.dumps({"report": str(report.pk), "user": report.asked_by_id}, salt=SALT)


def open_report(*, link: str, user: User, now: datetime) -> Report:
    """The report that `link` opens for `user`, with its file. Raises Report.DoesNotExist for a link that was not made
    for them, and ReportExpired."""
    named: dict[str, object] = {}
    with suppress(signing.BadSignature):
        named = signing.loads(link, salt=SALT)
    if not named or named["user"] != user.pk:
        raise Report.DoesNotExist
    report = Report.objects.filter(pk=str(named["report"]), asked_by=user).first()
    if report is None or report.expires_at is None or report.expires_at <= now:
        raise ReportExpired
    return report


def content_of(report: Report) -> Iterator[bytes]:
    """Its file, part by part."""
    parts = report.parts.order_by("number").values_list("content", flat=True)
    return (gzip.decompress(part) for part in parts.iterator(chunk_size=1))


def forget_reports(*, now: datetime) -> int:
    """Delete the files whose time is over; who asked for what, and why, stays. Returns how many parts went."""
    count, _ = ReportPart.objects.filter(report__expires_at__lte=now).delete()
    return count
