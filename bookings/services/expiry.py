"""Holds whose time is over give their seats back, by any number of workers at once."""

from datetime import datetime

import structlog
from django.db import transaction

from airlines.models import Flight
from bookings.models import Booking
from bookings.services import events
from bookings.services.holds import give_back, is_being_paid
from bookings.services.rounds import count_done
from bookings.services.telling import journey_of, tell_cancelled_flight, tell_owner
from notifications.models import EventType

log = structlog.get_logger(__name__)

BATCH = 500


def expire_holds(*, now: datetime) -> int:
    """End every hold that is overdue at `now`, or whose flight is cancelled, and for which no payment runs; returns how
    many it ended."""
    overdue = Booking.objects.overdue(now).order_by("payment_required_by").values_list("pk", flat=True)

    def expire(pk: int) -> bool:
        return _expire(pk, now)

    return count_done(expire, list(overdue[:BATCH]))


@transaction.atomic
def _expire(pk: int, now: datetime) -> bool:
    """Lock first, then look: a payment may have started between the list and the lock."""
    booking = (
        Booking.objects.filter(pk=pk)
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("family", "owner")
        .first()
    )
    if booking is None or booking.status != Booking.Status.HELD or is_being_paid(booking):
        return False
    segments = journey_of(booking)
    grounded = [segment.flight for segment in segments if segment.flight.status == Flight.Status.CANCELLED]
    if booking.payment_required_by > now and not grounded:
        return False
    give_back(booking, becomes=Booking.Status.EXPIRED, now=now)
    if grounded:
        tell_cancelled_flight(booking, grounded[0], segments=segments, now=now)
    else:
        tell_owner("hold_expired", booking, segments=segments, now=now)
    events.record(EventType.BOOKING_EXPIRED, booking, now=now)
    log.info("hold_expired", booking=booking.locator)
    return True
