"""How to get from one place to another by the airline's routes: pure calculation, no database.

First paths over the network's graph, then flights put together along each path. The work is bounded whatever the
network: so many ways on from each airport, paths, flights on from each flight, and itineraries.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar

from flights_project.lib.earth import great_circle_km

MOST_STOPS = 2
WAYS_ON = 40
"""Airports looked at on from each airport of a path, those least out of the way first."""
PATHS_AT_MOST = 60
PATHS_REMEMBERED = 10_000
ONWARD_FLIGHTS = 4
"""Flights taken on from each flight along a path: the first that connect."""
ITINERARIES_AT_MOST = 1000

LONGEST_FLIGHT = 24 * 3600
SLOWEST_KM_H = 200
ON_THE_GROUND = 3 * 3600
"""No flight takes longer than its kilometres at this speed and these seconds beside."""

Leg = tuple[int, int]
"""From an airport to an airport, by primary keys."""
Path = tuple[Leg, ...]
"""The legs of a journey in order. Where one does not leave from where the last one landed, the traveller changes
airports within the city."""


class Stop(NamedTuple):
    """An airport of the graph."""

    airport: int
    city: int
    country: str
    position: tuple[float, float]
    """Latitude and longitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRules:
    """What makes a connection, in seconds, and what is no silly detour."""

    minimums: Mapping[tuple[int, int, str], int]
    """By airport of landing, airport of leaving, and DD, DI, ID or II."""
    usual: Mapping[str, int]
    airport_change: int
    longest: int
    detour_factor: float
    detour_km: int


@dataclass(frozen=True, eq=False)
class Network:
    """Airports, the routes between them with their kilometres, and the rules of connecting."""

    stops: Mapping[int, Stop]
    routes: Mapping[Leg, int]
    rules: ConnectionRules
    onward: dict[int, list[int]] = field(default_factory=dict)
    siblings: dict[int, list[int]] = field(default_factory=dict)
    """All airports of an airport's city, itself first."""
    _paths: dict[tuple[tuple[int, ...], tuple[int, ...], int], list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for origin, destination in self.routes:
            self.onward.setdefault(origin, []).append(destination)
        cities: dict[int, list[int]] = {}
        for stop in self.stops.values():
            cities.setdefault(stop.city, []).append(stop.airport)
        for stop in self.stops.values():
            others = [airport for airport in cities[stop.city] if airport != stop.airport]
            self.siblings[stop.airport] = [stop.airport, *others]

    def km(self, start: int, end: int) -> float:
        return great_circle_km(self.stops[start].position, self.stops[end].position)

    def minimum(self, arriving: Leg, departing: Leg) -> int:
        """The minimum connection time from one leg to the next, in seconds."""
        (start, landing), (leaving, end) = arriving, departing
        kind = self._kind(start, landing) + self._kind(leaving, end)
        known = self.rules.minimums.get((landing, leaving, kind))
        if known is not None:
            return known
        return self.rules.usual[kind] if landing == leaving else self.rules.airport_change

    def connects(self, legs: Sequence[Leg], times: Sequence[tuple[float, float]]) -> bool:
        """Whether flights over `legs`, with their (departure, arrival) instants in seconds, can be flown as one slice.

        Only what is physically needed: a longer wait than we would offer still is a connection.
        """
        return all(
            before[1] in self.siblings[after[0]] and arrives + self.minimum(before, after) <= departs
            for (before, after), ((_, arrives), (departs, _)) in zip(pairwise(legs), pairwise(times), strict=True)
        )

    def _kind(self, start: int, end: int) -> str:
        return "D" if self.stops[start].country == self.stops[end].country else "I"

    def nearby(self, airports: Iterable[int], within_km: int) -> list[int]:
        """`airports`, and those within so many kilometres of one of them, the nearest first."""
        near = {
            stop.airport: distance
            for stop in self.stops.values()
            if (distance := min(self.km(airport, stop.airport) for airport in airports)) <= within_km
        }
        return sorted(near, key=lambda airport: (near[airport], airport))

    def paths(self, origins: tuple[int, ...], destinations: tuple[int, ...], most_stops: int) -> list[Path]:
        """Ways from any of `origins` to any of `destinations`, those with fewer legs first, then the shorter.

        None goes twice through a city, nor through a city that the journey starts or ends in, nor farther than the
        rules of detours allow. Remembered for as long as this network is.
        """
        asked = (origins, destinations, most_stops)
        found = self._paths.get(asked)
        if found is None:
            if len(self._paths) >= PATHS_REMEMBERED:
                self._paths.clear()
            found = self._paths[asked] = self._find_paths(*asked)
        return found

    def _find_paths(self, origins: tuple[int, ...], destinations: tuple[int, ...], most_stops: int) -> list[Path]:
        found: list[tuple[int, float, Path]] = []
        ends = frozenset(self.stops[airport].city for airport in (*origins, *destinations))
        for origin in origins:
            for destination in destinations:
                walk = _Walk(self, destination, self._limit(origin, destination), ends)
                found.extend((len(path), flown, path) for path, flown in walk.on([origin], (), 0.0, most_stops))
        return [path for _legs, _flown, path in sorted(found)[:PATHS_AT_MOST]]

    def _limit(self, origin: int, destination: int) -> float:
        return self.km(origin, destination) * self.rules.detour_factor + self.rules.detour_km


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk over the graph towards one airport, never farther than `limit` kilometres in all."""

    network: Network
    destination: int
    limit: float
    ends: frozenset[int]
    """Cities that no connection is in."""

    def on(self, at: Iterable[int], path: Path, flown: float, stops_left: int) -> Iterator[tuple[Path, float]]:
        """Paths on from any of the airports `at`, which are of one city."""
        for airport in at:
            direct = self.network.routes.get((airport, self.destination))
            if direct is not None and (not path or flown + direct <= self.limit):
                yield (*path, (airport, self.destination)), flown + direct
            if stops_left:
                for stop in self._ways_on(airport, path, flown):
                    further = flown + self.network.routes[airport, stop]
                    yield from self.on(self.network.siblings[stop], (*path, (airport, stop)), further, stops_left - 1)

    def _ways_on(self, airport: int, path: Path, flown: float) -> list[int]:
        stops, km, routes = self.network.stops, self.network.km, self.network.routes
        been = self.ends | {stops[stop].city for _origin, stop in path}
        least = [
            (flown + routes[airport, stop] + km(stop, self.destination), stop)
            for stop in self.network.onward.get(airport, ())
            if stops[stop].city not in been
        ]
        return [stop for whole, stop in sorted(least)[:WAYS_ON] if whole <= self.limit]


class Flown(Protocol):
    """What connecting needs of a flight; instants are seconds of the epoch."""

    @property
    def departs(self) -> int: ...

    @property
    def arrives(self) -> int: ...


F = TypeVar("F", bound=Flown)


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when, not included, the first flight leaves."""

    opens: int
    closes: int


def legs_of(network: Network, paths: Iterable[Path], windows: Mapping[int, Window]) -> dict[Leg, Window]:
    """When flights of each leg of `paths` may leave, for a journey that begins within the window of its airport."""
    legs: dict[Leg, Window] = {}
    for path in paths:
        window = windows[path[0][0]]
        for leg in path:
            before = legs.get(leg, window)
            legs[leg] = Window(min(before.opens, window.opens), max(before.closes, window.closes))
            slowest = min(LONGEST_FLIGHT, network.routes[leg] * 3600 // SLOWEST_KM_H + ON_THE_GROUND)
            window = Window(window.opens, window.closes + slowest + network.rules.longest)
    return legs


def _departure(flight: Flown) -> int:
    return flight.departs


def assemble(
    network: Network, paths: Iterable[Path], flights: Mapping[Leg, Sequence[F]], windows: Mapping[int, Window]
) -> list[tuple[F, ...]]:
    """Itineraries along `paths` whose first flight leaves within the window of its airport: with enough time at each
    connection and no longer wait than the rules allow. Those of the first paths come first. `flights` are in order of
    departure."""
    found: list[tuple[F, ...]] = []
    for path in paths:
        minimums = [network.minimum(before, after) for before, after in pairwise(path)]
        along = [flights.get(leg, ()) for leg in path]
        window = windows[path[0][0]]
        for first in _between(along[0], window.opens, window.closes):
            found.extend(_continued((first,), along[1:], minimums, network.rules.longest))
            if len(found) >= ITINERARIES_AT_MOST:
                return found[:ITINERARIES_AT_MOST]
    return found


def _between(flights: Sequence[F], opens: int, closes: int) -> Sequence[F]:
    first = bisect_left(flights, opens, key=_departure)
    return flights[first : bisect_left(flights, closes, lo=first, key=_departure)]


def _continued(
    so_far: tuple[F, ...], along: Sequence[Sequence[F]], minimums: Sequence[int], longest: int
) -> Iterator[tuple[F, ...]]:
    if not along:
        yield so_far
        return
    landed = so_far[-1].arrives
    for flight in _between(along[0], landed + minimums[0], landed + longest + 1)[:ONWARD_FLIGHTS]:
        yield from _continued((*so_far, flight), along[1:], minimums[1:], longest)
