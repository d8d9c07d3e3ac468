"""The statement that search reads by: everything on sale on many legs, in one round trip.

By hand, for it is most of what a search costs: one index range for each leg, no row of an airport, a fare family or a
tax rule (`reference` knows them), no object of the ORM. It is prepared once on each connection, since planning it
costs more than running it.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from weakref import WeakSet

from django.conf import settings
from django.db import connection

from airlines.services.connections import Leg, Window

FLIGHTS_OF_A_LEG = 200
STATEMENT = f"""
    SELECT flight.id, flight.number, flight.origin_id, flight.destination_id,
           extract(epoch FROM flight.departs_at)::bigint, extract(epoch FROM flight.arrives_at)::bigint,
           flight.origin_terminal, flight.destination_terminal, flight.status,
           cabin.capacity - cabin.seats_held - cabin.seats_sold,
           fares.families, fares.amounts
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS leg (origin, destination, opens, closes)
    CROSS JOIN LATERAL (
        SELECT * FROM airlines_flight
        WHERE origin_id = leg.origin AND destination_id = leg.destination
          AND departs_at >= to_timestamp(leg.opens) AND departs_at < to_timestamp(leg.closes)
          AND status IN ('scheduled', 'delayed')
        ORDER BY departs_at LIMIT {FLIGHTS_OF_A_LEG}
    ) AS flight
    JOIN airlines_flightcabin AS cabin
      ON cabin.flight_id = flight.id AND cabin.cabin = $5
     AND cabin.capacity - cabin.seats_held - cabin.seats_sold >= $6
    CROSS JOIN LATERAL (
        SELECT array_agg(fare.family_id), array_agg((fare.amount * 100)::bigint)
        FROM airlines_flightfare AS fare WHERE fare.flight_cabin_id = cabin.id
    ) AS fares (families, amounts)
    WHERE fares.families IS NOT NULL
    ORDER BY flight.departs_at, flight.id
"""  # noqa: S608 -- a number of our own
"""The limit bounds the work, and lets PostgreSQL do nothing but go through the index for each leg."""
PREPARE = f"""
    SET plan_cache_mode = force_generic_plan;
    PREPARE flights_on_sale (bigint[], bigint[], bigint[], bigint[], text, int) AS {STATEMENT}
"""
"""One plan for any number of legs: left to itself, PostgreSQL would plan anew for every search with few."""
EXECUTE = "EXECUTE flights_on_sale (%s, %s, %s, %s, %s, %s)"


class FlightOnSale(NamedTuple):
    """One flight with the cabin asked for; instants are seconds of the epoch, amounts are of an adult without
    taxes, in hundredths of the currency."""

    pk: int
    number: str
    origin: int
    destination: int
    departs: int
    arrives: int
    origin_terminal: str
    destination_terminal: str
    status: str
    seats_left: int
    families: list[int]
    amounts: list[int]


def flights_on_sale(legs: Iterable[tuple[Leg, Window]], *, cabin: str, seats: int) -> Mapping[Leg, list[FlightOnSale]]:
    """Flights with at least `seats` left in `cabin` on each of `legs`, leaving within its window, in order of
    departure. Raises OperationalError after `SEARCH_TIMEOUT`."""
    asked = [(*leg, window.opens, window.closes) for leg, window in legs]
    if not asked:
        return {}
    found: dict[Leg, list[FlightOnSale]] = {}
    seen: set[int] = set()  # legs of two slices may overlap
    for row in _rows([*map(list, zip(*asked, strict=True)), cabin, seats]):
        flight = FlightOnSale._make(row)
        if flight.pk not in seen:
            seen.add(flight.pk)
            found.setdefault((flight.origin, flight.destination), []).append(flight)
    return found


_prepared: WeakSet[Any] = WeakSet()
"""Connections that know the statement."""


def _rows(parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        if connection.connection not in _prepared:
            cursor.execute(PREPARE)
            _prepared.add(connection.connection)
        cursor.execute(_limit() + EXECUTE, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


def _limit() -> str:
    """Before the statement in the same round trip; a transaction around it has limits of its own."""
    if connection.in_atomic_block:
        return ""
    return f"SET LOCAL statement_timeout = {settings.SEARCH_TIMEOUT // timedelta(milliseconds=1)}; "
