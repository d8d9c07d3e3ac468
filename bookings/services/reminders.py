"""The reminder before departure: once for each flight of a confirmed booking, whenever the booking was made."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from bookings.models import Coupon, Passenger, Segment
from bookings.services.telling import tell_owner

BATCH = 200


def remind_due(*, now: datetime) -> int:
    """Tell the owners of all flights that leave within `REMINDER_BEFORE_DEPARTURE`; returns how many were told."""
    told = 0
    while batch := _remind_batch(now):
        told += batch
    return told


@transaction.atomic
def _remind_batch(now: datetime) -> int:
    """The segments stay locked until they are marked, so that two workers never remind of the same flight.

    A flight that was cancelled out of its booking has nobody left to remind.
    """
    segments = list(
        Segment.objects.to_remind(now=now, until=now + settings.REMINDER_BEFORE_DEPARTURE)
        .filter(Exists(Coupon.objects.live().filter(segment=OuterRef("pk"))))
        .select_related("booking__family", "booking__owner", "flight__origin__city", "flight__destination__city")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)[:BATCH]
    )
    for segment in segments:
        tell_owner(
            "flight_reminder",
            segment.booking,
            subject=f"{segment.flight.number} {segment.flight.departs_on}",
            flight=segment.flight,
            useful_until=segment.flight.departs_at,
            passengers=_flying(segment),
            now=now,
        )
    Segment.objects.filter(pk__in=[segment.pk for segment in segments]).update(reminded_at=now)
    return len(segments)


def _flying(segment: Segment) -> list[Passenger]:
    """Who still has a coupon for it."""
    live = Coupon.objects.live().filter(segment=segment)
    return list(Passenger.objects.filter(coupons__in=live).select_related("ticket").order_by("position"))
