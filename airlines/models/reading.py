"""A flight with its places, as part of a statement that is written by hand (`flights_project/lib/statements.py`)."""

from collections.abc import Sequence

from airlines.models.flights import Flight
from airlines.models.network import Airport, City
from flights_project.lib.statements import columns, instances

FLIGHT_WITH_PLACES = ", ".join(
    [
        columns(Flight, "flight"),
        columns(Airport, "origin"),
        columns(City, "origin_city"),
        columns(Airport, "destination"),
        columns(City, "destination_city"),
    ]
)
JOIN_PLACES = """
    JOIN airlines_airport origin ON origin.id = flight.origin_id
    JOIN airlines_city origin_city ON origin_city.id = origin.city_id
    JOIN airlines_airport destination ON destination.id = flight.destination_id
    JOIN airlines_city destination_city ON destination_city.id = destination.city_id
"""
"""For a statement that reads `airlines_flight flight`."""


def flight_with_places(row: Sequence[object]) -> Flight:
    """The flight that `FLIGHT_WITH_PLACES` has read, knowing its airports and their cities."""
    flight, origin, origin_city, destination, destination_city = instances((Flight, Airport, City, Airport, City), row)
    origin.city, destination.city = origin_city, destination_city
    flight.origin, flight.destination = origin, destination
    made: Flight = flight
    return made
