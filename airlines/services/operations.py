"""The day of a flight: it is delayed, gets another gate or airplane, or is cancelled.

Called by `bookings`, which tells the travellers in the same transaction. Each locks the flight, then its cabins, so
that whoever holds or buys seats at that moment does so before the change or after it, and counts a revision.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from airlines.exceptions import FlightClosed
from airlines.models import Airplane, Flight, FlightCabin
from airlines.services.announcements import announce
from airlines.services.changes import status_of
from airlines.services.fleet import lock_airplane, refuse_two_places, seats_for_sale
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
    locked = lock_flight(flight)
    if departs_at <= now:
        raise InvalidRequest({"departs_at": [_("This time has passed.")]})
    locked.status, locked.departs_at, locked.arrives_at = becomes, departs_at, arrives_at
    return _save(locked, "status", "departs_at", "arrives_at")


@transaction.atomic
def assign_gate(*, flight: Flight, gate: str) -> Flight:
    """The flight leaves from `gate`. Raises FlightClosed, and ValidationError for what no gate is called."""
    locked = lock_flight(flight)
    locked.gate = gate
    return _save(locked, "gate")


@transaction.atomic
def cancel(*, flight: Flight) -> Flight:
    """Nobody can buy it from now on; what was sold stays sold until its traveller has chosen. Raises FlightClosed."""
    locked = lock_flight(flight)
    locked.status = Flight.Status.CANCELLED
    return _save(locked, "status")


def lock_flight(flight: Flight) -> Flight:
    """The flight as it is, locked with its cabins until the transaction ends. Raises FlightClosed."""
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


@transaction.atomic
def swap(*, flight: Flight, airplane: Airplane) -> Flight:
    """Another airplane flies it. Each cabin has that airplane's seats for sale, and its limit of overbooking.

    Where more are sold or held, the limit is exceeded until travellers leave (`overbooking`). A cabin that the airplane
    does not have keeps only what is sold; one that is new is not on sale until it has fares.

    Raises FlightClosed, and InvalidRequest for an airplane that flies it already, or another flight at the same time.
    """
    locked = lock_flight(flight)
    if airplane.pk == locked.airplane_id:
        raise InvalidRequest({"airplane": [_("This airplane flies it already.")]})
    lock_airplane(airplane.pk)
    locked.airplane = airplane
    refuse_two_places(locked)
    seats = seats_for_sale([airplane.pk])[airplane.pk]
    for inventory in locked.cabins.all():
        there = seats.pop(inventory.cabin, 0)
        inventory.fit(seats=there, limit=inventory.limit if there else 0)
        inventory.save(update_fields=["capacity", "overbooking", "excess"])
    FlightCabin.objects.bulk_create(FlightCabin(flight=locked, cabin=cabin, capacity=n) for cabin, n in seats.items())
    return _save(locked, "airplane")
