"""The demo's airline into the database. Every step adds what is missing and changes nothing that is there."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta

from django.db import transaction

from airlines.demo.fares import fare_families, pricing_rules, tax_rules
from airlines.demo.fleet import REGISTRATION, TYPES, registrations
from airlines.demo.network import CURFEWS, NEVER, OTHER_NAMES, Place, connection_times, places
from airlines.demo.schedules import Stock, patterns
from airlines.models import (
    Airplane,
    AirplaneType,
    Airport,
    City,
    ConnectionTime,
    FareFamily,
    PricingBand,
    PricingRule,
    Schedule,
    TaxRule,
)
from airlines.services.fleet import add_airplane
from airlines.services.flight_making import batches_due, make_some
from airlines.services.schedules import add_schedules
from airlines.services.stale_lows import mark_all
from flights_project.lib import clock

HOME_ZONE = "Asia/Kolkata"
"""The airline's day starts here."""


@transaction.atomic
def load_airline(*, now: datetime, days: int, progress: Callable[[int], object]) -> int:
    """Network, fleet, fares, schedules and their flights of `days` days from today. Returns how many flights are new.

    All or nothing: an interrupted load leaves an empty demo, which the next one fills. `progress` is told how many
    more schedules are done.
    """
    load_places(places().values())
    _load_connection_times()
    _load_fleet()
    _load_conditions()
    _load_pricing_rules()
    _load_types()
    today = clock.local_date(now, HOME_ZONE)
    _load_schedules(today)
    added = _make_flights(now, today + timedelta(days=days - 1), progress)
    mark_all(now=now)
    return added


def load_places(served: Collection[Place]) -> None:
    """Cities and airports that are not there yet."""
    cities = {place.city_code: place for place in served}
    City.objects.bulk_create(
        [
            City(code=code, name=place.city, country=place.country, other_names=OTHER_NAMES.get(code, ""))
            for code, place in cities.items()
        ],
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
                closed_from=CURFEWS.get(place.iata, NEVER)[0],
                closed_until=CURFEWS.get(place.iata, NEVER)[1],
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


def _load_types() -> None:
    AirplaneType.objects.bulk_create(
        [
            AirplaneType(code=code, name=kind.name, turnaround_minutes=kind.turnaround // timedelta(minutes=1))
            for code, kind in TYPES.items()
        ],
        ignore_conflicts=True,
    )


def _load_schedules(today: date) -> None:
    """The sheet, as patterns. A number that has a schedule already, whoever changed it, keeps that."""
    there = set(Schedule.objects.values_list("number", "origin__iata"))
    stock = Stock(
        airports={airport.iata: airport for airport in Airport.objects.all()},
        airplanes={airplane.registration: airplane for airplane in Airplane.objects.all()},
        types={kind.code: kind for kind in AirplaneType.objects.all()},
        families={family.code: family for family in FareFamily.objects.all()},
    )
    add_schedules([each for each in patterns(today, stock) if (each.number, each.origin.iata) not in there])


def _make_flights(now: datetime, until: date, progress: Callable[[int], object]) -> int:
    """Some schedules at a time; nobody is told of each, since all lowest prices are made new."""
    added = 0
    for batch in batches_due(until):
        added += len(make_some(batch, until=until, now=now))
        progress(len(batch))
    return added
