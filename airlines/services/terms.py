"""What a journey costs and who flies it, as they are at this moment: one statement, by hand.

Whoever holds seats waits for it under the lock of the cabins, and the ORM took three statements and ten times as long.
Nothing of it comes from a cache, for these prices are charged: fares, conditions and taxes are read where they stand.
Only how a tax rule's JSON becomes an object is remembered, by the very text.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from airlines.models import FareFamily, FlightCabin, FlightFare, TaxRule
from airlines.models.reading import FLIGHT_WITH_PLACES, JOIN_PLACES, flight_with_places
from flights_project.lib.statements import columns, fetch, from_json, instances, width

OF_A_FARE = (FlightFare, FlightCabin, FareFamily)
TERMS = f"""
    SELECT (SELECT coalesce(json_agg(rule ORDER BY rule.code, rule.id), '[]')::text FROM airlines_taxrule rule),
           {columns(FlightFare, "fare")}, {columns(FlightCabin, "inventory")}, {columns(FareFamily, "family")},
           {FLIGHT_WITH_PLACES}
    FROM airlines_flightfare fare
    JOIN airlines_flightcabin inventory ON inventory.id = fare.flight_cabin_id
    JOIN airlines_farefamily family ON family.id = fare.family_id
    JOIN airlines_flight flight ON flight.id = inventory.flight_id
    {JOIN_PLACES}
    WHERE inventory.flight_id = ANY(%s) AND inventory.cabin = %s AND family.code = %s
"""  # noqa: S608 -- made of our own names


def terms_of(*, flights: Sequence[int], cabin: str, family: str) -> tuple[dict[int, FlightFare], Sequence[TaxRule]]:
    """The fares of a family in a cabin by flight id, each with its family, inventory, flight and places; and all tax
    rules. A flight that does not sell the family in this cabin is left out."""
    rows = fetch(TERMS, [list(flights), cabin, family])
    fares = [_fare(row[1:]) for row in rows]
    return {fare.flight_cabin.flight_id: fare for fare in fares}, _rules(rows[0][0]) if rows else ()


def _fare(row: Sequence[object]) -> FlightFare:
    at = sum(width(model) for model in OF_A_FARE)
    fare, inventory, family = instances(OF_A_FARE, row[:at])
    inventory.flight = flight_with_places(row[at:])
    fare.flight_cabin, fare.family = inventory, family
    made: FlightFare = fare
    return made


@lru_cache(maxsize=8)
def _rules(text: str) -> tuple[TaxRule, ...]:
    """Tax rules from their JSON. Nobody changes one: they are read by pricing alone."""
    return tuple(from_json(TaxRule, row) for row in json.loads(text, parse_float=Decimal))
