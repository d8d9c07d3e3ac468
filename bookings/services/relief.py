"""Others have left: who may have no seat in another airplane, as they were told, and has one after all, may keep it."""

from collections.abc import Collection
from datetime import datetime

from airlines.models import Flight
from bookings.models import ItineraryChange
from bookings.services.denied_boarding import overbooked_cabins
from bookings.services.telling import about, change_facts, tell_owner

Cause = ItineraryChange.Cause


def relieve(*, flights: Collection[int], cabin: str, now: datetime) -> None:
    """Of `cabin` of each flight (ids), whoever would not be left behind any more is told: what was `no_seat` becomes
    `seats_changed`, so that to keep the flight is a choice, and the only one that is proposed. What staff accepted for
    them already stays.

    These cabins are locked, and who leaves has left. One query where nobody waits for a seat.
    """
    waiting = ItineraryChange.objects.open().filter(flight__in=flights, booking__cabin=cabin, cause=Cause.NO_SEAT)
    for flight in Flight.objects.with_places().filter(pk__in=waiting.filter(ordered_at=None).values("flight")):
        each_cabin = [each for each in overbooked_cabins(flight) if each.cabin.cabin == cabin]
        behind = {party.booking.pk for each in each_cabin for party in each.behind}
        locked = waiting.filter(flight=flight, ordered_at=None).locked()
        relieved = locked.exclude(booking__in=behind).select_related("booking__owner", "booking__family")
        for change in relieved:
            _let_keep(change, flight, now)


def _let_keep(change: ItineraryChange, flight: Flight, now: datetime) -> None:
    change.cause, change.proposed = Cause.SEATS, []
    change.save(update_fields=["cause", "proposed"])
    tell_owner(
        "seats_found",
        change.booking,
        subject=about(flight, f"r{flight.revision}"),
        flight=flight,
        now=now,
        useful_until=flight.departs_at,
        change=change_facts(change.booking, change),
    )
