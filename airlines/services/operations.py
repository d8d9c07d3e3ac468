"""The day of a flight: it is delayed, gets another gate, or is cancelled.

Called by `bookings`, which tells the travellers in the same transaction. Each locks the flight, then its cabins, so
that whoever holds or buys seats at that moment does so before the change or after it, and counts a revision.
"""

from datetime import datetime

from django.db import transaction

from airlines.exceptions import FlightClosed
from airlines.models import Flight
from airlines.services.announcements import announce
from airlines.services.changes import status_of
from flights_project.lib.errors import InvalidRequest


@transaction.atomic
def move(
    *,
    flight: Flight,
    departs_at: datetime,
    arrives_at: datetime,
    now: datetime,
    becomes: Flight.Status = Flight.Status.DELAYED,
) -> Flight:
    """The flight leaves and arrives at other times; it stays the flight of its day, whatever the clock says then.

    Raises FlightClosed, InvalidRequest for a departure that has passed, ValidationError for times that no flight has.
    """
    locked = _lock(flight)
    if departs_at <= now:
        raise InvalidRequest({"departs_at": ["This time has passed."]})
    locked.status, locked.departs_at, locked.arrives_at = becomes, departs_at, arrives_at
    return _save(locked, "status", "departs_at", "arrives_at")


@transaction.atomic
def assign_gate(*, flight: Flight, gate: str) -> Flight:
    """The flight leaves from `gate`. Raises FlightClosed, and ValidationError for what no gate is called."""
    locked = _lock(flight)
    locked.gate = gate
    return _save(locked, "gate")


@transaction.atomic
def cancel(*, flight: Flight) -> Flight:
    """Nobody can buy it from now on; what was sold stays sold until its traveller has chosen. Raises FlightClosed."""
    locked = _lock(flight)
    locked.status = Flight.Status.CANCELLED
    return _save(locked, "status")


def _lock(flight: Flight) -> Flight:
    flights = Flight.objects.with_places().select_for_update(of=("self",), no_key=True)
    locked = flights.get(pk=flight.pk)
    if locked.status not in Flight.FOR_SALE:
        raise FlightClosed
    locked.cabins.all().locked()
    return locked


def _save(flight: Flight, *fields: str) -> Flight:
    flight.revision += 1
    flight.full_clean(exclude=["number", "airplane", "origin", "destination"])
    flight.save(update_fields=[*fields, "revision"])
    announce([status_of(flight)])
    return flight
