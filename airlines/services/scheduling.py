"""Flights in the schedule, with the inventory and fares they are sold from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from airlines.exceptions import FlightConflict
from airlines.models import Airplane, Airport, FareFamily, Flight, FlightCabin, FlightFare
from airlines.services.announcements import announce
from airlines.services.changes import gone, price_of, status_of
from airlines.services.fares import fixed_price, set_prices
from airlines.services.fleet import lock_airplane, refuse_two_places, seats_for_sale
from airlines.services.routes import keep_routes
from flights_project.lib import clock
from flights_project.lib.errors import InvalidRequest

FIXED_ONCE_SOLD = frozenset({"number", "airplane", "origin", "destination", "departs_at", "arrives_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FarePlan:
    """The price of a family in a cabin for one adult, without taxes."""

    cabin: str
    family: FareFamily
    amount: Decimal


@transaction.atomic
def schedule_flight(*, airplane: Airplane, now: datetime, **plan: Any) -> Flight:
    """As `add_flight`, by a person: it leaves after `now`, with an airplane that flies nothing else at that time.

    Raises what `add_flight` raises, and InvalidRequest.
    """
    lock_airplane(airplane.pk)
    flight = add_flight(airplane=airplane, **plan)
    _refuse_the_past(flight, now)
    refuse_two_places(flight)
    return flight


def _refuse_the_past(flight: Flight, now: datetime) -> None:
    if flight.departs_at <= now:
        raise InvalidRequest({"departs_at": [_("This time has passed.")]})


def add_flight(
    *,
    number: str,
    airplane: Airplane,
    origin: Airport,
    destination: Airport,
    departs_at: datetime,
    arrives_at: datetime,
    fares: Iterable[FarePlan] = (),
    origin_terminal: str = "",
    destination_terminal: str = "",
) -> Flight:
    """A new flight, on sale at once where it has fares; its inventory is the airplane's cabins.

    Raises ValidationError for a rule of the model or a constraint, InvalidRequest for a fare in a cabin
    that the airplane does not have, FlightConflict where somebody has just made the same flight.
    """
    flight = Flight(
        number=number,
        airplane=airplane,
        origin=origin,
        destination=destination,
        departs_at=departs_at,
        arrives_at=arrives_at,
        departs_on=clock.local_date(departs_at, origin.zone),
        origin_terminal=origin_terminal,
        destination_terminal=destination_terminal,
    )
    flight.full_clean()
    try:
        with transaction.atomic():
            flight.save()
            keep_routes([(flight.origin_id, flight.destination_id)])
            open_inventory(flight)
            price_cabins(flight=flight, fares=fares)
            announce([status_of(flight)])
    except IntegrityError as error:
        raise FlightConflict from error
    return flight


def open_inventory(flight: Flight) -> None:
    """The cabins of the flight's airplane become what is sold on the flight."""
    FlightCabin.objects.bulk_create(
        FlightCabin(flight=flight, cabin=cabin, capacity=seats)
        for cabin, seats in seats_for_sale([flight.airplane_id])[flight.airplane_id].items()
    )


def price_cabins(*, flight: Flight, fares: Iterable[FarePlan]) -> None:
    """Put fares on sale, and change those that cost something else. Raises InvalidRequest, see `add_flight`."""
    cabins: Mapping[str, FlightCabin] = {cabin.cabin: cabin for cabin in flight.cabins.all()}
    rows: dict[tuple[int, int], FlightFare] = {}
    for index, plan in enumerate(fares):
        if plan.cabin not in cabins:
            raise InvalidRequest({f"fares[{index}].cabin": [f"The airplane has no {plan.cabin} cabin."]})
        fare = FlightFare(flight_cabin=cabins[plan.cabin], family=plan.family, amount=plan.amount)
        if (fare.flight_cabin_id, fare.family_id) in rows:
            raise InvalidRequest({f"fares[{index}].family": ["This cabin has this fare family twice."]})
        fare.clean_fields(exclude=["flight_cabin", "family"])
        rows[fare.flight_cabin_id, fare.family_id] = fare
    there = FlightFare.objects.filter(flight_cabin__flight=flight).locked() if rows else ()
    changed = [(fare, rows.pop(key)) for fare in there if (key := (fare.flight_cabin_id, fare.family_id)) in rows]
    FlightFare.objects.bulk_create(rows.values())
    announce(price_of(fare, amount=fare.amount, previous=None) for fare in rows.values())
    set_prices([fixed_price(fare, new.amount) for fare, new in changed if fare.amount != new.amount])


@transaction.atomic
def amend_flight(*, flight: Flight, now: datetime, fares: Iterable[FarePlan] = (), **changes: object) -> Flight:
    """As `correct_flight`, by a person: what moves leaves after `now`, and its airplane flies nothing else then.

    Raises what `correct_flight` raises.
    """
    before = Flight.objects.select_for_update(of=("self",), no_key=True).get(pk=flight.pk)
    lock_airplane(cast("Airplane", changes.get("airplane", before.airplane)).pk)
    amended = correct_flight(flight=flight, fares=fares, **changes)
    if amended.departs_at != before.departs_at:
        _refuse_the_past(amended, now)
    if any(getattr(amended, name) != getattr(before, name) for name in ("airplane_id", "departs_at", "arrives_at")):
        refuse_two_places(amended)
    return amended


@transaction.atomic
def correct_flight(*, flight: Flight, fares: Iterable[FarePlan] = (), **changes: object) -> Flight:
    """Change what may change by correction: number, airports, times, terminals; add or change fares.

    Times and airplane of a flight that has sold seats move only by the flows for irregular days.
    Raises ValidationError, InvalidRequest.
    """
    locked = Flight.objects.select_for_update(of=("self",), no_key=True).get(pk=flight.pk)
    cabins = locked.cabins.all().locked()
    changed = {name for name, value in changes.items() if getattr(locked, name) != value}
    moved = FIXED_ONCE_SOLD & changed
    if moved and any(cabin.seats_held or cabin.seats_sold for cabin in cabins):
        raise InvalidRequest({name: ["Seats of this flight are sold: it cannot be changed here."] for name in moved})
    new_airplane = "airplane" in moved
    before = status_of(locked)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.departs_on = clock.local_date(locked.departs_at, locked.origin.zone)
    locked.full_clean()
    locked.save()
    keep_routes([(locked.origin_id, locked.destination_id)])
    if new_airplane:
        _refit(locked)
    price_cabins(flight=locked, fares=fares)
    if changed:
        announce([before, status_of(locked)])  # a search on either leg may have shown it
    return locked


def _refit(flight: Flight) -> None:
    """The new airplane's cabins are what is sold; those that it has too keep their fares."""
    old = list(FlightFare.objects.filter(flight_cabin__flight=flight).select_related("flight_cabin"))
    flight.cabins.all().delete()
    open_inventory(flight)
    cabins = {cabin.cabin: cabin for cabin in flight.cabins.all()}
    kept = [fare for fare in old if fare.flight_cabin.cabin in cabins]
    for fare in kept:
        fare.pk, fare.flight_cabin = None, cabins[fare.flight_cabin.cabin]
    FlightFare.objects.bulk_create(kept)


@transaction.atomic
def remove_flights(flights: Iterable[Flight]) -> None:
    """Delete `flights` that nobody has booked. Raises ProtectedError where somebody has."""
    rows = Flight.objects.filter(pk__in=[flight.pk for flight in flights])
    announce(gone(flight) for flight in rows)
    rows.delete()
