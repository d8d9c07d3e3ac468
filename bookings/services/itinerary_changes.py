"""What the airline changed of booked journeys: written when a flight is changed, closed when it is answered.

What its traveller can choose is in `choices`; what everybody is proposed at once in `proposals`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from bookings.models import Booking, Coupon, ItineraryChange
from flights_project.gateway.models import User

Status, Cause = ItineraryChange.Status, ItineraryChange.Cause

OF_SEATS = (Cause.SEATS, Cause.NO_SEAT)
"""What the airplane causes; the others are of times."""
WEIGHT = {Cause.SEATS: 0, Cause.MOVED: 1, Cause.NO_SEAT: 2, Cause.MISSED: 3, Cause.CANCELLED: 4}
"""The heavier, the less is left of what was bought."""


def open_changes(
    *, flight: int, causes: Mapping[int, ItineraryChange.Cause], now: datetime
) -> dict[int, ItineraryChange]:
    """A change of `flight` (id) for each booking (id) in `causes`; returns them by booking. The flight is locked.

    Who has not answered an earlier one keeps it, with the cause of now; but another airplane makes a new time no
    lighter, nor the other way round.
    """
    opened = [
        ItineraryChange(booking_id=booking, flight_id=flight, cause=cause, opened_at=now)
        for booking, cause in causes.items()
    ]
    ItineraryChange.objects.bulk_create(opened, ignore_conflicts=True)
    there = ItineraryChange.objects.open().filter(flight=flight, booking__in=causes).locked()
    changes = {change.booking_id: change for change in there}
    renewed = [change for change in changes.values() if _takes_over(causes[change.booking_id], change.cause)]
    for change in renewed:
        change.cause, change.proposed, change.ordered_at = causes[change.booking_id], [], None
    ItineraryChange.objects.bulk_update(renewed, ["cause", "proposed", "ordered_at"])
    return changes


def _takes_over(new: str, old: str) -> bool:
    of_the_same = (new in OF_SEATS) == (old in OF_SEATS)
    return new != old and (of_the_same or WEIGHT[Cause(new)] > WEIGHT[Cause(old)])


def close(*, change: ItineraryChange, status: ItineraryChange.Status, by: User | None, now: datetime) -> bool:
    """Answer a change, once; False where it was answered before. The booking is locked."""
    return bool(_close([change.pk], status, by, now))


def close_answered(*, booking: Booking, status: ItineraryChange.Status, by: User | None, now: datetime) -> None:
    """Close the changes of flights that nobody of `booking` is on any more. The booking is locked."""
    live = Coupon.objects.live().filter(booking=booking).values("flight")
    gone = booking.changes.open().exclude(flight__in=live).values_list("pk", flat=True)
    _close(list(gone), status, by, now)


def _close(changes: Collection[UUID], status: ItineraryChange.Status, by: User | None, now: datetime) -> int:
    return (
        ItineraryChange.objects.open()
        .filter(pk__in=changes)
        .update(status=status, closed_at=now, decided_by=by, ordered_at=None)
    )
