"""The lowest price from everywhere to everywhere on a day: search's own itineraries and prices, for one adult.

Flights are read once for many days and pairs of places; the rest is calculation. What is found here is what a search
without filters would offer cheapest, for it is found by the same code.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

from airlines.services.connections import LONGEST_FLIGHT, MOST_STOPS, Leg, Network, Path, Window, legs_of
from airlines.services.flights_on_sale import FlightOnSale, flights_on_sale
from airlines.services.options import Pricer
from airlines.services.places import Place
from airlines.services.pricing import Party
from airlines.services.reference import Reference
from airlines.services.search import Hunt, day_window

Airports = tuple[int, ...]
Pair = tuple[str, str]
"""Two places by the codes that lows are kept under."""


class FamilyLow(NamedTuple):
    """The cheapest of one fare family; instants are seconds of the epoch."""

    family: int
    hundredths: int
    departs: int
    arrives: int


@dataclass(frozen=True, slots=True)
class Lowest:
    """The cheapest journey of a day in one cabin, and the cheapest of each family."""

    pair: Pair
    departs_on: date
    cabin: str
    flights: tuple[int, ...]
    departs: int
    arrives: int
    by_family: tuple[FamilyLow, ...]
    """The cheapest first."""


def code_of(place: Place) -> str:
    """What lows from or to `place` are kept under: a city with one airport is that airport."""
    return place.code if len(place.airports) > 1 else place.airports[0].iata


def places_of(reference: Reference) -> dict[str, Airports]:
    """Every place that lows are kept for, with its airports."""
    return {code_of(place): tuple(place.airport_ids) for place in reference.by_code.values()}


def all_pairs(places: Mapping[str, Airports]) -> list[Pair]:
    """From each place to each other, but not within a city."""
    return [
        (origin, destination)
        for origin, leaving in places.items()
        for destination, landing in places.items()
        if not set(leaving) & set(landing)
    ]


@lru_cache(maxsize=2)
def _pairs_by_leg(reference: Reference) -> dict[Leg, list[Pair]]:
    """The pairs of places that a search looks for along each leg, with any number of stops."""
    places = places_of(reference)
    pairs: dict[Leg, dict[Pair, None]] = {}
    for origin, destination in all_pairs(places):
        for path in reference.network.paths(places[origin], places[destination], MOST_STOPS):
            for leg in path:
                pairs.setdefault(leg, {})[origin, destination] = None
    return {leg: list(found) for leg, found in pairs.items()}


def touched_by(leg: Leg, day: date, reference: Reference) -> Iterator[tuple[date, Pair]]:
    """Days of departure and pairs of places whose journeys may have a flight on `leg` that leaves on local `day`."""
    if leg[0] not in reference.airports:
        return
    leaves = day_window(day, reference.airports[leg[0]].zone, 0)
    places, network = places_of(reference), reference.network
    for origin, destination in _pairs_by_leg(reference).get(leg, ()):
        paths = network.paths(places[origin], places[destination], MOST_STOPS)
        # Over the date line a journey goes on a day before the one that it began on.
        departs_on = day + timedelta(days=1)
        while leaves.opens < (window := _window_of(leg, paths, departs_on, places[origin], reference)).closes:
            if window.opens < leaves.closes:
                yield departs_on, (origin, destination)
            departs_on -= timedelta(days=1)


def _window_of(leg: Leg, paths: Sequence[Path], departs_on: date, origins: Airports, reference: Reference) -> Window:
    """When flights of `leg` may leave, for journeys along `paths` that begin on a local day."""
    return legs_of(reference.network, paths, _windows(origins, departs_on, reference, 0))[leg]


def _longest_journey(network: Network) -> timedelta:
    """From the local date of departure to that of the last flight's departure, at most."""
    hops = MOST_STOPS * (LONGEST_FLIGHT + network.rules.longest)
    return timedelta(seconds=hops) + timedelta(days=2)  # the date line, and the day that it leaves on


def lowest_of(
    wanted: Mapping[date, Collection[Pair]], *, cabin: str, reference: Reference, now: datetime
) -> Iterator[Lowest]:
    """The lows in `cabin` of pairs of places by day, for one adult; days and pairs without any are left out."""
    if not wanted:
        return
    first_sold = int((now + settings.SALE_CLOSES_BEFORE_DEPARTURE).timestamp()) + 1
    flights = _flights(min(wanted), max(wanted), cabin, reference, first_sold)
    pricer = Pricer(reference, Party(), cabin)
    places = places_of(reference)
    for day, pairs in wanted.items():
        for pair in pairs:
            origins, destinations = places[pair[0]], places[pair[1]]
            hunt = Hunt(reference.network, origins, destinations, _windows(origins, day, reference, first_sold), None)
            while hunt.goes_on():
                hunt.take(flights)
            by_family, cheapest = _cheapest(hunt.itineraries, pricer)
            if cheapest:
                yield Lowest(
                    pair,
                    day,
                    cabin,
                    tuple(flight.pk for flight in cheapest),
                    cheapest[0].departs,
                    cheapest[-1].arrives,
                    by_family,
                )


def _flights(
    first: date, last: date, cabin: str, reference: Reference, first_sold: int
) -> Mapping[Leg, Sequence[FlightOnSale]]:
    """What is on sale on all legs from the first day until the last journey of the last day has left."""
    opens = datetime.combine(first - timedelta(days=1), time.min, UTC).timestamp()
    closes = datetime.combine(last, time.min, UTC) + _longest_journey(reference.network) + timedelta(days=1)
    window = Window(max(int(opens), first_sold), int(closes.timestamp()))
    return flights_on_sale(((leg, window) for leg in reference.network.routes), cabin=cabin, seats=Party().seats)


def _windows(airports: Airports, day: date, reference: Reference, first_sold: int) -> dict[int, Window]:
    return {pk: day_window(day, reference.airports[pk].zone, first_sold) for pk in airports}


Ranked = tuple[int, int, int, int, Sequence[FlightOnSale]]


def _cheapest(
    itineraries: Iterable[Sequence[FlightOnSale]], pricer: Pricer
) -> tuple[tuple[FamilyLow, ...], Sequence[FlightOnSale]]:
    """The cheapest of each family, cheapest family first, and the flights of the first of them.

    Among equals it is the one that takes the fewest flights, then the least time, then leaves first.
    """
    best: dict[int, Ranked] = {}
    for flights in itineraries:
        departs, arrives = flights[0].departs, flights[-1].arrives
        for family, price in _prices(flights, pricer):
            ranked = (price, len(flights), arrives - departs, departs, flights)
            if family not in best or ranked[:4] < best[family][:4]:
                best[family] = ranked
    lows = sorted(best.items(), key=lambda each: (each[1][:4], each[0]))
    return (
        tuple(
            FamilyLow(family, price, flights[0].departs, flights[-1].arrives) for family, (price, *_, flights) in lows
        ),
        lows[0][1][4] if lows else (),
    )


def _prices(flights: Sequence[FlightOnSale], pricer: Pricer) -> Iterator[tuple[int, int]]:
    """The price of an itinerary in each fare family that all its flights are sold in, in hundredths."""
    prices = [pricer.prices_of(flight) for flight in flights]
    for family in prices[0]:
        if all(family in each for each in prices):
            yield family, sum(each[family].hundredths for each in prices)
