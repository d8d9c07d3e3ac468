"""The demo's airline into the database. Every step adds what is missing and changes nothing that is there."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from airlines.demo.fares import Departure, adult_fares, fare_families, pricing_rules, tax_rules
from airlines.demo.fleet import REGISTRATION, registrations
from airlines.demo.network import Place, connection_times, places, terminals
from airlines.demo.timetable import Leg, legs_leaving
from airlines.models import (
    Airplane,
    Airport,
    Cabin,
    City,
    ConnectionTime,
    FareFamily,
    Flight,
    FlightCabin,
    FlightFare,
    PricingBand,
    PricingRule,
    TaxRule,
)
from airlines.services.fleet import add_airplane, seat_count
from airlines.services.pricing_rules import Rule, Situation, days_left
from airlines.services.repricing import rules_in_use
from airlines.services.routes import keep_routes
from airlines.services.stale_lows import mark_all
from flights_project.lib import clock

HOME_ZONE = "Asia/Kolkata"
"""The airline's day starts here."""
DAYS_AT_ONCE = 10
BATCH = 5000


@dataclass(frozen=True)
class Stock:
    """What flights are made from: primary keys by code, the seats of each airplane's cabins, front to back, and how
    fares are priced at `now`."""

    now: datetime
    rules: list[Rule]
    airports: dict[str, int]
    airplanes: dict[str, int]
    families: dict[str, int]
    seats: dict[int, dict[str, int]]


@transaction.atomic
def load_airline(*, now: datetime, days: int, progress: Callable[[int], object]) -> int:
    """Network, fleet, fares and the flights of `days` days from today. Returns how many flights are new.

    All or nothing: an interrupted load leaves an empty demo, which the next one fills. `progress` is told how many
    more days are done.
    """
    load_places(places().values())
    _load_connection_times()
    _load_fleet()
    _load_conditions()
    _load_pricing_rules()
    stock = _stock(now)
    today = clock.local_date(now, HOME_ZONE)
    added = 0
    for start in range(0, days, DAYS_AT_ONCE):
        count = min(DAYS_AT_ONCE, days - start)
        first = today + timedelta(days=start)
        added += _load_flights(stock, first, first + timedelta(days=count - 1))
        progress(count)
    mark_all(now=now)
    return added


def load_places(served: Collection[Place]) -> None:
    """Cities and airports that are not there yet."""
    cities = {place.city_code: place for place in served}
    City.objects.bulk_create(
        [City(code=code, name=place.city, country=place.country) for code, place in cities.items()],
        ignore_conflicts=True,
    )
    city_ids = dict(City.objects.values_list("code", "pk"))
    Airport.objects.bulk_create(
        [
            Airport(
                city_id=city_ids[place.city_code],
                iata=place.iata,
                icao=place.icao,
                name=place.name,
                latitude=place.latitude,
                longitude=place.longitude,
                zone=place.zone,
            )
            for place in served
        ],
        ignore_conflicts=True,
    )


def _load_connection_times() -> None:
    airports = dict(Airport.objects.values_list("iata", "pk"))
    ConnectionTime.objects.bulk_create(
        (
            ConnectionTime(
                airport_id=airports[landing],
                onward_airport_id=leaving and airports[leaving],
                kind=kind,
                minutes=minutes,
            )
            for landing, leaving, kind, minutes in connection_times()
        ),
        ignore_conflicts=True,
    )


def _load_fleet() -> None:
    there = set(Airplane.objects.values_list("registration", flat=True))
    for tail, kind in registrations().items():
        registration = REGISTRATION.format(tail)
        if registration not in there:
            add_airplane(registration=registration, model=kind.name, cabins=kind.cabins)


def _load_conditions() -> None:
    FareFamily.objects.bulk_create(fare_families(), ignore_conflicts=True)
    there = set(TaxRule.objects.values_list("code", "origin_country", "reach", "cabin"))
    TaxRule.objects.bulk_create(
        rule for rule in tax_rules() if (rule.code, rule.origin_country, rule.reach, rule.cabin) not in there
    )


def _load_pricing_rules() -> None:
    """Once: rules that staff have changed or deleted stay so."""
    if PricingRule.objects.exists():
        return
    for rule, bands in pricing_rules(dict(Airport.objects.values_list("iata", "pk"))):
        rule.save()
        for band in bands:
            band.rule = rule
        PricingBand.objects.bulk_create(bands)


def _stock(now: datetime) -> Stock:
    seats: dict[int, dict[str, int]] = {}
    for cabin in Cabin.objects.order_by("airplane", "first_row"):
        seats.setdefault(cabin.airplane_id, {})[cabin.cabin] = seat_count(cabin)
    return Stock(
        now=now,
        rules=rules_in_use(),
        airports=dict(Airport.objects.values_list("iata", "pk")),
        airplanes=dict(Airplane.objects.values_list("registration", "pk")),
        families=dict(FareFamily.objects.values_list("code", "pk")),
        seats=seats,
    )


def _load_flights(stock: Stock, first: date, last: date) -> int:
    """The flights of some days that are not there yet, with their inventory and fares."""
    there = set(
        Flight.objects.filter(departs_on__range=(first, last)).values_list("number", "origin__iata", "departs_on")
    )
    legs = [leg for leg in legs_leaving(first, last) if (_number(leg), leg.origin, leg.departs_on) not in there]
    flights = Flight.objects.bulk_create((_flight(leg, stock) for leg in legs), BATCH)
    keep_routes((flight.origin_id, flight.destination_id) for flight in flights)
    cabins = FlightCabin.objects.bulk_create(
        (
            FlightCabin(flight_id=flight.pk, cabin=cabin, capacity=capacity)
            for flight in flights
            for cabin, capacity in stock.seats[flight.airplane_id].items()
        ),
        BATCH,
    )
    leaving = {flight.pk: leg for flight, leg in zip(flights, legs, strict=True)}
    FlightFare.objects.bulk_create(_fares(cabins, leaving, stock), BATCH)
    return len(flights)


def _number(leg: Leg) -> str:
    return f"{settings.AIRLINE_CODE}{leg.number}"


def _flight(leg: Leg, stock: Stock) -> Flight:
    origin_terminal, destination_terminal = terminals(leg.origin, leg.destination)
    return Flight(
        number=_number(leg),
        airplane_id=stock.airplanes[REGISTRATION.format(leg.airplane)],
        origin_id=stock.airports[leg.origin],
        destination_id=stock.airports[leg.destination],
        departs_at=leg.departs_at,
        arrives_at=leg.arrives_at,
        departs_on=leg.departs_on,
        origin_terminal=origin_terminal,
        destination_terminal=destination_terminal,
    )


def _fares(cabins: Iterable[FlightCabin], leaving: dict[int, Leg], stock: Stock) -> Iterable[FlightFare]:
    for cabin in cabins:
        leg = leaving[cabin.flight_id]
        situation = Situation(
            cabin=cabin.cabin,
            origin=stock.airports[leg.origin],
            destination=stock.airports[leg.destination],
            load_percent=0,
            days_left=days_left(leg.departs_at, stock.now),
        )
        for fare in adult_fares(_departure(leg), situation, stock.families, stock.rules):
            fare.flight_cabin = cabin
            yield fare


def _departure(leg: Leg) -> Departure:
    return Departure(
        number=leg.number,
        origin=leg.origin,
        destination=leg.destination,
        local_time=leg.departs_at.astimezone(clock.zone(places()[leg.origin].zone)),
    )
