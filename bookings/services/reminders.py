"""What travellers are reminded of before departure: check-in is open, the day before, the last call to check in.

Each follows the flight as it is now: a delay moves what has not been told, and takes back what was told too early; a
cancelled flight or coupon has none. Who books late is told at once what is still of use. Spans are elapsed time, so
that a change of clocks moves nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from airlines.models import Flight
from bookings.models import Coupon, Passenger, Segment
from bookings.services.telling import about, tell_owner
from flights_project.lib import clock

BATCH = 200
Reminder = Segment.Reminder
KINDS = {
    Reminder.CHECK_IN_OPEN: "check_in_open",
    Reminder.DAY_BEFORE: "flight_reminder",
    Reminder.LAST_CALL: "check_in_closing",
}


def before_departure() -> dict[int, timedelta]:
    """How long before departure each reminder comes, the first one first."""
    return {
        Reminder.CHECK_IN_OPEN: settings.CHECK_IN_OPENS_BEFORE_DEPARTURE,
        Reminder.DAY_BEFORE: settings.REMINDER_BEFORE_DEPARTURE,
        Reminder.LAST_CALL: settings.LAST_CALL_BEFORE_DEPARTURE,
    }


def remind_due(*, now: datetime) -> int:
    """Tell the owners of all flights whose next reminder has come; returns how many reminders were written."""
    told = 0
    while (batch := _remind_batch(now)) is not None:
        told += batch
    return told


def take_back_reminders(*, flight: Flight, now: datetime) -> None:
    """The flight leaves later: what its travellers were told too early comes again in its time."""
    come = _come(flight, now)
    Segment.objects.filter(flight=flight, reminder__gt=come).update(reminder=come)


@transaction.atomic
def _remind_batch(now: datetime) -> int | None:
    """How many were told of a batch; None where there is nobody left. The segments stay locked until they are marked,
    so that two workers never remind of the same flight. One that was cancelled out of its booking reminds nobody."""
    segments = list(
        Segment.objects.to_remind(now=now, before=before_departure())
        .filter(Exists(Coupon.objects.live().filter(segment=OuterRef("pk"))))
        .select_related("booking__family", "booking__owner", "flight__origin__city", "flight__destination__city")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)[:BATCH]
    )
    if not segments:
        return None
    told = sum(_remind(segment, now) for segment in segments)
    for segment in segments:
        segment.reminder, segment.reminded_at = _come(segment.flight, now), now
    Segment.objects.bulk_update(segments, ["reminder", "reminded_at"])
    return told


def _come(flight: Flight, now: datetime) -> int:
    """The last reminder that has come for a flight."""
    left = flight.departs_at - now
    return max((reminder for reminder, span in before_departure().items() if left <= span), default=Reminder.NONE)


def _remind(segment: Segment, now: datetime) -> int:
    told = 0
    for reminder in _of_use(segment, now):
        passengers = _concerned(segment, reminder)
        if passengers:
            _write(segment, reminder, passengers, now)
            told += 1
    return told


def _of_use(segment: Segment, now: datetime) -> Iterable[int]:
    """What has come and was not told. The last call makes the others late, and ends with check-in itself."""
    come = _come(segment.flight, now)
    if come < Reminder.LAST_CALL:
        return range(segment.reminder + 1, come + 1)
    return [Reminder.LAST_CALL] if segment.is_open_for_check_in(now) else []


def _concerned(segment: Segment, reminder: int) -> list[Passenger]:
    """Who still flies; of check-in, who has not checked in yet."""
    coupons = Coupon.objects.filter(segment=segment)
    coupons = coupons.live() if reminder == Reminder.DAY_BEFORE else coupons.filter(status=Coupon.Status.OPEN)
    return list(Passenger.objects.filter(coupons__in=coupons).select_related("ticket").order_by("position"))


def _write(segment: Segment, reminder: int, passengers: list[Passenger], now: datetime) -> None:
    flight, is_of_check_in = segment.flight, reminder != Reminder.DAY_BEFORE
    closes_at = flight.departs_at - settings.CHECK_IN_CLOSES_BEFORE_DEPARTURE
    tell_owner(
        KINDS[Reminder(reminder)],
        segment.booking,
        subject=about(flight, f"{flight.departs_at:%m-%d %H:%M}"),
        flight=flight,
        passengers=passengers,
        useful_until=closes_at if is_of_check_in else flight.departs_at,
        now=now,
        check_in_closes=f"{closes_at.astimezone(clock.zone(flight.origin.zone)):%H:%M}",
    )
