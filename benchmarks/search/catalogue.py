"""Flights on sale by the ten thousand, written by PostgreSQL itself.

Each ten thousand are a network of their own, of the same shape: so a search has the same to find whatever the number,
and what grows is only what it has to find it in. From A to B there are six flights a day; C to B takes one connection,
C to E takes two.

    C, D — A — B — E, F
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from django.utils import timezone

from airlines.models import Airplane, Airport, City, Flight, FlightCabin, FlightFare
from airlines.services.routes import keep_routes
from airlines.tests.factories import AirplaneFactory, FareFamilyFactory, TaxRuleFactory, economy
from flights_project.lib.earth import great_circle_km

ZONE = "Asia/Kolkata"
PLACES = {"A": (0.0, 0.0), "B": (0.0, 10.0), "C": (2.0, -4.0), "D": (-2.0, -4.0), "E": (2.0, 14.0), "F": (-2.0, 14.0)}
"""Degrees from the network's own corner."""
JOINED = ("AB", "AC", "AD", "BE", "BF")
A_DAY, DAYS = 6, 167
"""Flights of each leg a day, and for how many days: 10,020 flights a network."""
FLIGHTS = 2 * len(JOINED) * A_DAY * DAYS
ACROSS = 12
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST_LETTERS = "QUVWYZ"
"""Of airports' codes: those of the timetable begin otherwise."""

FLIGHT_COLUMNS = {
    "number": "'KV' || (1000 + 10 * leg.place + turn)",
    "airplane_id": "%(airplane)s",
    "origin_id": "leg.origin",
    "destination_id": "leg.destination",
    "departs_at": "leaves",
    "arrives_at": "leaves + leg.minutes * interval '1 minute'",
    "departs_on": "day::date",
}
FLIGHT_ROWS = """
    FROM unnest(%(origins)s::bigint[], %(destinations)s::bigint[], %(starts)s::int[], %(minutes)s::int[])
             WITH ORDINALITY AS leg (origin, destination, starts, minutes, place),
         generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day,
         generate_series(0, %(turns)s - 1) AS turn,
         LATERAL (SELECT (day + (leg.starts + 150 * turn) * interval '1 minute') AT TIME ZONE %(zone)s) AS time (leaves)
    ORDER BY day, leg.place
"""
CABIN_COLUMNS = {
    "flight_id": "flight.id",
    "cabin": "'economy'",
    "capacity": "(SELECT count(*) FROM airlines_seat)",
}
CABIN_ROWS = "FROM airlines_flight AS flight WHERE flight.id > %(after)s ORDER BY flight.id"
FARE_COLUMNS = {
    "flight_cabin_id": "cabin.id",
    "family_id": "family.id",
    "amount": "2500 + (cabin.flight_id * 37) %% 3000 + 1500 * family.position",
}
FARE_ROWS = """
    FROM airlines_flightcabin AS cabin CROSS JOIN airlines_farefamily AS family
    WHERE cabin.flight_id > %(after)s ORDER BY cabin.id, family.position
"""


def write(cursor: CursorWrapper, model: type[Model], columns: Mapping[str, str], rows: str, **given: Any) -> None:
    """Insert what `rows` selects: SQL for each of `columns`, the model's defaults for all others."""
    defaults = defaults_beside(model, columns)
    expressions = [*columns.values(), *(f"%({column})s" for column in defaults)]
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({', '.join([*columns, *defaults])})"  # noqa: SLF001 -- our own names
        f" SELECT {', '.join(expressions)} {rows}",
        {**defaults, **given},
    )


def defaults_beside(model: type[Model], columns: Iterable[str]) -> dict[str, Any]:
    """What the model sets of itself in all columns but these and its key."""
    fields = model._meta.concrete_fields  # noqa: SLF001 -- Django's documented name
    return {
        field.attname: field.get_default() for field in fields if not field.primary_key and field.attname not in columns
    }


def write_inventory(cursor: CursorWrapper, *, after: int) -> None:
    """Cabins and fares of all flights with a key beyond `after`."""
    write(cursor, FlightCabin, CABIN_COLUMNS, CABIN_ROWS, after=after)
    write(cursor, FlightFare, FARE_COLUMNS, FARE_ROWS, after=after)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is on sale: so many networks from `first` on."""

    networks: int
    first: date
    days: int = DAYS

    @property
    def flights(self) -> int:
        return self.networks * FLIGHTS * self.days // DAYS

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)


def open_sale() -> Catalogue:
    """Everything but flights."""
    for code in ("light", "standard", "flex"):
        FareFamilyFactory.create(code=code)
    TaxRuleFactory.create(code="IN", amount=250)
    TaxRuleFactory.create(code="K3", name="Goods and services tax", amount=None, percent=5)
    AirplaneFactory.create(cabins=[economy(1, 30)])
    return Catalogue(0, timezone.now().date() + timedelta(days=2))


def grow(catalogue: Catalogue, networks: int) -> Catalogue:
    """The catalogue with so many networks in all."""
    larger = replace(catalogue, networks=networks)
    for network in range(catalogue.networks, networks):
        _write(larger, network)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) airlines_flight, airlines_flightcabin, airlines_flightfare")
    return larger


def last_flight(cursor: CursorWrapper) -> int:
    cursor.execute("SELECT coalesce(max(id), 0) FROM airlines_flight")
    key: int = cursor.fetchone()[0]
    return key


def code_of(network: int, place: str) -> str:
    """An airport's code, `UAC` for C of network 26."""
    return FIRST_LETTERS[network // 26] + LETTERS[network % 26] + place


def _write(catalogue: Catalogue, network: int) -> None:
    airports = {place: _airport(network, place) for place in PLACES}
    legs = [*JOINED, *(leg[::-1] for leg in JOINED)]
    routes = [(airports[leg[0]], airports[leg[1]]) for leg in legs]
    kilometres = [
        round(great_circle_km((origin.latitude, origin.longitude), (end.latitude, end.longitude)))
        for origin, end in routes
    ]
    keep_routes((origin.pk, destination.pk) for origin, destination in routes)
    with transaction.atomic(), connection.cursor() as cursor:
        # References hold by the way rows are made: checking five million of them takes longer than writing them.
        cursor.execute("SET LOCAL session_replication_role = replica")
        after = last_flight(cursor)
        write(
            cursor,
            Flight,
            FLIGHT_COLUMNS,
            FLIGHT_ROWS,
            airplane=Airplane.objects.get().pk,
            origins=[origin.pk for origin, _destination in routes],
            destinations=[destination.pk for _origin, destination in routes],
            starts=[{"A": 300, "B": 330}.get(leg[0], 240) for leg in legs],
            minutes=[30 + distance // 12 for distance in kilometres],
            first=catalogue.first,
            last=catalogue.last,
            turns=A_DAY,
            zone=ZONE,
        )
        write_inventory(cursor, after=after)


def _airport(network: int, place: str) -> Airport:
    code = code_of(network, place)
    south, west = 6 * (network // ACROSS) - 50, 28 * (network % ACROSS) - 165
    north, east = PLACES[place]
    city = City.objects.create(code=code, name=f"City {code}", country="IN")
    return Airport.objects.create(
        city=city, iata=code, icao=f"Z{code}", name=code, latitude=south + north, longitude=west + east, zone=ZONE
    )
