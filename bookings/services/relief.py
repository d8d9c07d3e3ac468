"""Others have left: who may have no seat in another airplane, as they were told, and has one after all, may keep it."""

from collections.abc import Iterable

from airlines.models import Flight
from bookings.models import ItineraryChange
from bookings.services.denied_boarding import overbooked_cabins

Cause = ItineraryChange.Cause


def relieve(*, flights: Iterable[int]) -> None:
    """Of each flight (ids), whoever would not be left behind any more: what was `no_seat` becomes `seats_changed`, so
    that to keep the flight is a choice, and the only one that is proposed. What staff accepted for them already stays.

    The cabins are locked, and who leaves has left. One query where nobody waits for a seat.
    """
    waiting = ItineraryChange.objects.open().filter(cause=Cause.NO_SEAT, ordered_at=None)
    for flight in Flight.objects.filter(pk__in=waiting.filter(flight__in=list(flights)).values("flight")):
        behind = [party.booking.pk for cabin in overbooked_cabins(flight) for party in cabin.behind]
        waiting.filter(flight=flight).exclude(booking__in=behind).update(cause=Cause.SEATS, proposed=[])
