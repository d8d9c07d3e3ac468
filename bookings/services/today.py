"""The airline's day in numbers, for the first page of the desk. Reads only.

Nothing here is counted over a whole table: what waits is few and has an index of its own, what is many is of one day
or of two weeks and is read from an index alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import ExtractHour, TruncDate

from airlines.models import Flight
from bookings.models import Booking, Payment, Reconciliation, Refund
from flights_project.lib import clock
from notifications.models import Message, WebhookEndpoint

DAYS_SHOWN = 14
NEXT_DEPARTURES = 12
EXPIRES_SOON = timedelta(minutes=15)
ANSWER_EXPECTED = timedelta(minutes=5)
"""A payment that has run for longer is looked at, and a message that has been due for longer is stuck."""
MANY = 1000
"""Counted up to here: more is shown as `1000+`."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` until before `end`."""

    first: datetime
    end: datetime


def today(now: datetime) -> date:
    """The date at the airline's home."""
    return clock.local_date(now, settings.AIRLINE_ZONE)


def span_of(day: date, last: date | None = None) -> Span:
    """The instants of a day at the airline's home, or of the days up to `last`."""
    end = (last or day) + timedelta(days=1)
    return Span(*(clock.local_to_utc(each, time(), settings.AIRLINE_ZONE) for each in (day, end)))


def departures_of(day: date) -> QuerySet[Flight]:
    """The flights that leave on that day of the airline, wherever they leave from."""
    span = span_of(day)
    return Flight.objects.filter(departs_at__gte=span.first, departs_at__lt=span.end)


def departures_by_hour(day: date) -> list[int]:
    """How many flights leave in each of the day's hours, by the airline's clock; cancelled ones do not leave."""
    leaving = departures_of(day).exclude(status=Flight.Status.CANCELLED).order_by()
    hour = ExtractHour("departs_at", tzinfo=clock.zone(settings.AIRLINE_ZONE))
    counts = dict(leaving.annotate(hour=hour).values_list("hour").annotate(Count("pk")))
    return [counts.get(hour, 0) for hour in range(24)]


def next_departures(now: datetime) -> Sequence[Flight]:
    """The flights that leave next, with their cabins."""
    leaving = Flight.objects.filter(departs_at__gte=now).exclude(status=Flight.Status.CANCELLED)
    flights = leaving.select_related("origin", "destination").prefetch_related("cabins").order_by("departs_at", "pk")
    return list(flights[:NEXT_DEPARTURES])


def last_days(now: datetime) -> list[date]:
    """The days of the charts, today the last."""
    return [today(now) - timedelta(days=ago) for ago in range(DAYS_SHOWN - 1, -1, -1)]


def bookings_by_day(days: Sequence[date]) -> list[int]:
    """How many bookings were made on each of these days in a row, whatever became of them."""
    counts = _by_day(Booking.objects.all(), "held_at", days, Count("pk"))
    return [int(counts.get(day, 0)) for day in days]


def money_by_day(days: Sequence[date]) -> list[tuple[Decimal, Decimal]]:
    """What the gateways took on each of these days in a row, and what they gave back."""
    taken = _by_day(Payment.objects.filter(status__in=Payment.TAKEN), "answered_at", days, Sum("amount"))
    back = _by_day(Refund.objects.filter(status=Refund.Status.SUCCEEDED), "paid_at", days, Sum("amount"))
    return [(taken.get(day, Decimal()), back.get(day, Decimal())) for day in days]


def _by_day(rows: QuerySet[Any], field: str, days: Sequence[date], what: Count | Sum) -> dict[date, Any]:
    span = span_of(days[0], days[-1])
    day = TruncDate(field, tzinfo=clock.zone(settings.AIRLINE_ZONE))
    within = rows.filter(**{f"{field}__gte": span.first, f"{field}__lt": span.end}).order_by()
    return dict(within.annotate(day=day).values_list("day").annotate(what))


def holds_expiring(now: datetime) -> QuerySet[Booking]:
    """Unpaid holds that give their seats back in a moment, the next first."""
    return Booking.objects.held().filter(payment_required_by__lte=now + EXPIRES_SOON).order_by("payment_required_by")


def payments_to_look_at(now: datetime) -> QuerySet[Payment]:
    """Payments whose gateway should have answered by now."""
    return Payment.objects.filter(status=Payment.Status.STARTED, started_at__lte=now - ANSWER_EXPECTED)


def refunds_waiting() -> QuerySet[Refund]:
    """Refunds that no gateway has paid yet."""
    return Refund.objects.filter(status=Refund.Status.STARTED)


def messages_given_up() -> QuerySet[Message]:
    return Message.objects.filter(status=Message.Status.DEAD)


def messages_overdue(now: datetime) -> QuerySet[Message]:
    """Messages that should have gone by now."""
    return Message.objects.due(now - ANSWER_EXPECTED)


def webhooks_failing() -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(status=WebhookEndpoint.Status.FAILING)


def last_reconciliation() -> Reconciliation | None:
    return Reconciliation.objects.first()


def count_of(rows: QuerySet[Any]) -> int:
    """How many, up to one more than `MANY`."""
    return rows.order_by()[: MANY + 1].count()
