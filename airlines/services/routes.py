"""The network's graph: kept by scheduling, read by search."""

from collections.abc import Iterable

from airlines.models import Airport, Route
from flights_project.lib.earth import great_circle_km


def keep_routes(legs: Iterable[tuple[int, int]]) -> None:
    """Let search look for journeys along `legs`, pairs of airports by primary key, from now on."""
    wanted = set(legs)
    there = Route.objects.filter(origin__in={origin for origin, _destination in wanted})
    missing = wanted.difference(there.values_list("origin_id", "destination_id"))
    if not missing:
        return
    airports = Airport.objects.in_bulk({airport for leg in missing for airport in leg})
    Route.objects.bulk_create(
        (_route(airports[origin], airports[destination]) for origin, destination in missing),
        ignore_conflicts=True,  # somebody else may make the same at this moment
    )


def _route(origin: Airport, destination: Airport) -> Route:
    kilometres = great_circle_km((origin.latitude, origin.longitude), (destination.latitude, destination.longitude))
    return Route(origin=origin, destination=destination, distance_km=round(kilometres))
