"""What the lists to take away hold: a head, and rows that are read as they are written, so that no list has to fit into
memory. Money is in the deployment's currency."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import TruncSecond

from airlines.models import Flight
from airlines.services.pricing_rules import load_percent
from bookings.models import Booking, Coupon, Report, Segment
from bookings.services.revenue import routes_of
from bookings.services.today import span_of

ROWS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class ReportTable:
    """The names of the columns, about how many rows there are, and the rows."""

    head: tuple[str, ...]
    expected: int
    rows: Iterator[tuple[object, ...]]


def table_of(report: Report, *, now: datetime) -> ReportTable:
    """What the report is to hold, as things are at `now`."""
    return TABLES[report.kind](report, now)


def _streamed(head: tuple[str, ...], rows: QuerySet[Any, Any]) -> ReportTable:
    return ReportTable(head, rows.order_by().count(), rows.iterator(chunk_size=ROWS_AT_ONCE))


def _bookings(report: Report, _now: datetime) -> ReportTable:
    span = span_of(report.first_day, report.last_day)
    first = Segment.objects.filter(booking=OuterRef("pk")).order_by("position")
    rows = Booking.objects.filter(held_at__gte=span.first, held_at__lt=span.end).order_by("held_at", "pk")
    head = ("locator", "status", "booked_at", "confirmed_at", "ended_at", "cabin", "fare_family", "travellers", "total",
            "currency", "contact_email", "contact_phone", "first_flight", "departs_on")  # fmt: skip
    columns = rows.values_list(
        "locator", "status", TruncSecond("held_at"), TruncSecond("confirmed_at"), TruncSecond("ended_at"), "cabin",
        "family__code", "seats", "total", "currency", "contact_email", "contact_phone",
        Subquery(first.values("flight__number")[:1]), Subquery(first.values("flight__departs_on")[:1]),
    )  # fmt: skip
    return _streamed(head, columns)


def _no_shows(report: Report, now: datetime) -> ReportTable:
    """Sold and never checked in when the flight had left."""
    gone = Coupon.objects.filter(
        flight__departs_on__range=(report.first_day, report.last_day),
        flight__departs_at__lt=now,
        status=Coupon.Status.OPEN,
    ).exclude(flight__status=Flight.Status.CANCELLED)
    head = ("flight", "departs_on", "origin", "destination", "locator", "family_name", "given_name", "type", "ticket",
            "cabin", "fare", "total", "contact_email", "contact_phone")  # fmt: skip
    rows = gone.order_by("flight__departs_at", "flight", "pk").values_list(
        "flight__number", "flight__departs_on", "flight__origin__iata", "flight__destination__iata", "booking__locator",
        "passenger__family_name", "passenger__given_name", "passenger__type", "passenger__ticket__number",
        "booking__cabin", "fare", "total", "booking__contact_email", "booking__contact_phone",
    )  # fmt: skip
    return _streamed(head, rows)


def _revenue(report: Report, _now: datetime) -> ReportTable:
    head = ("origin", "destination", "flights", "seats", "seats_sold", "load_percent", "revenue", "average_fare")
    routes = routes_of(first_day=report.first_day, last_day=report.last_day)
    rows = (
        (each.origin, each.destination, each.flights, each.capacity, each.seats,
         load_percent(taken=each.seats, capacity=each.capacity), each.earned, each.average)
        for each in routes
    )  # fmt: skip
    return ReportTable(head, len(routes), rows)


TABLES: dict[str, Callable[[Report, datetime], ReportTable]] = {
    Report.Kind.BOOKINGS: _bookings,
    Report.Kind.REVENUE: _revenue,
    Report.Kind.NO_SHOWS: _no_shows,
}
