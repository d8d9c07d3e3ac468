"""Ways to fly one slice in one fare family, with all that filters and sorts ask of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from airlines.services.connections import Leg
from airlines.services.flights_on_sale import FlightOnSale
from airlines.services.pricing import JourneyPrice, Party
from airlines.services.reference import Reference
from flights_project.lib import clock

NIGHT_ENDS, NIGHT_BEGINS = 6 * 60, 23 * 60
"""Minutes of the day in which nobody likes to leave or arrive."""


class Itinerary(NamedTuple):
    """Flights of one slice; instants are seconds of the epoch, times are minutes of the local day.

    Everything that sorts, filters and counts ask for is worked out once, not for each fare family.
    """

    flights: tuple[FlightOnSale, ...]
    departs: int
    arrives: int
    leaves: int
    lands: int
    duration: int
    """Seconds, waits included."""
    stops: int
    connections: tuple[int, ...]
    """Airports that flights are changed at, both where the traveller changes airports."""
    airlines: tuple[str, ...]
    """Designators, each once."""
    nights: int
    """How many of its two ends are at night."""


def itinerary(flights: tuple[FlightOnSale, ...], *, leaves: int, lands: int) -> Itinerary:
    """`flights` as one way to fly, leaving and landing at these minutes of the local days."""
    departs, arrives = flights[0].departs, flights[-1].arrives
    nights = (not NIGHT_ENDS <= leaves < NIGHT_BEGINS) + (not NIGHT_ENDS <= lands < NIGHT_BEGINS)
    if len(flights) == 1:
        airlines = (flights[0].number[:2],)
        return Itinerary(flights, departs, arrives, leaves, lands, arrives - departs, 0, (), airlines, nights)
    ends = [airport for flight in flights for airport in (flight.origin, flight.destination)]
    return Itinerary(
        flights,
        departs,
        arrives,
        leaves,
        lands,
        duration=arrives - departs,
        stops=len(flights) - 1,
        connections=tuple(dict.fromkeys(ends[1:-1])),
        airlines=tuple(dict.fromkeys(flight.number[:2] for flight in flights)),
        nights=nights,
    )


class Option(NamedTuple):
    """An itinerary in a fare family, at the price of the whole party."""

    itinerary: Itinerary
    family: int
    prices: tuple[JourneyPrice, ...]
    """On each flight."""
    price: int
    """On all of them, in hundredths of the currency."""

    @property
    def departs(self) -> int:
        return self.itinerary.departs

    @property
    def arrives(self) -> int:
        return self.itinerary.arrives


Journey = tuple[Option, ...]
"""One option of each slice, all in one fare family."""


class Pricer:
    """Prices flights for one party in one cabin, each once."""

    def __init__(self, reference: Reference, party: Party, cabin: str) -> None:
        self.reference, self.party, self.cabin = reference, party, cabin
        self._by_flight: dict[int, dict[int, JourneyPrice]] = {}
        self._tariffs: dict[Leg, int] = {}

    def options(self, journeys: Iterable[Sequence[FlightOnSale]]) -> list[Option]:
        """Each of `journeys` in each fare family that all its flights are sold in, without what is only noise."""
        return worth_showing([option for flights in journeys for option in self._options(tuple(flights))])

    def _options(self, flights: tuple[FlightOnSale, ...]) -> list[Option]:
        way = itinerary(
            flights,
            leaves=self._local(flights[0].departs, flights[0].origin),
            lands=self._local(flights[-1].arrives, flights[-1].destination),
        )
        prices = [self.prices_of(flight) for flight in flights]
        if len(flights) == 1:
            return [Option(way, family, (price,), price.hundredths) for family, price in prices[0].items()]
        together = [
            (family, tuple([each[family] for each in prices]))
            for family in prices[0]
            if all(family in each for each in prices)
        ]
        return [Option(way, family, each, sum([price.hundredths for price in each])) for family, each in together]

    def prices_of(self, flight: FlightOnSale) -> dict[int, JourneyPrice]:
        """By fare family."""
        prices = self._by_flight.get(flight.pk)
        if prices is None:
            tariff, price = self._tariff((flight.origin, flight.destination)), self.reference.prices.price
            prices = self._by_flight[flight.pk] = {
                family: price(tariff, family, amount)
                for family, amount in zip(flight.families, flight.amounts, strict=True)
            }
        return prices

    def _tariff(self, leg: Leg) -> int:
        tariff = self._tariffs.get(leg)
        if tariff is None:
            origin, destination = (self.reference.airports[airport] for airport in leg)
            tariff = self._tariffs[leg] = self.reference.prices.tariff(origin, destination, self.cabin, self.party)
        return tariff

    def _local(self, instant: int, airport: int) -> int:
        local = datetime.fromtimestamp(instant, clock.zone(self.reference.airports[airport].zone))
        return local.hour * 60 + local.minute


def worth_showing(options: Sequence[Option]) -> list[Option]:
    """`options` without noise: no connections that leave no later, arrive no earlier and cost no less than others
    over the same airports by the same airlines in the same family.

    Only what every filter would treat alike is compared, so that no filter misses what another option has beaten.
    """
    alike: dict[object, list[Option]] = {}
    for option in options:
        if option.itinerary.stops:
            flights = option.itinerary.flights
            key = (option.family, *((each.origin, each.destination, each.number[:2]) for each in flights))
            alike.setdefault(key, []).append(option)
    beaten = {id(option) for group in alike.values() for option in _beaten(group)}
    return [option for option in options if id(option) not in beaten] if beaten else list(options)


def _beaten(options: Iterable[Option]) -> Iterator[Option]:
    kept: list[Itinerary] = []
    # Whatever beats an option stands before it, so that it is enough to look at what was kept.
    for option in sorted(
        options, key=lambda option: (option.price, option.itinerary.arrives, -option.itinerary.departs)
    ):
        way = option.itinerary
        if any(other.departs >= way.departs and other.arrives <= way.arrives for other in kept):
            yield option
        else:
            kept.append(way)
