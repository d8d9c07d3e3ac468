"""Ways to fly one slice in one fare family, with all that filters and sorts ask of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from airlines.services.flights_on_sale import FlightOnSale
from airlines.services.price_book import FlightCharge
from airlines.services.pricing import Party
from airlines.services.reference import Reference
from flights_project.lib import clock

NIGHT_ENDS, NIGHT_BEGINS = 6 * 60, 23 * 60
"""Minutes of the day in which nobody likes to leave or arrive."""


class Itinerary(NamedTuple):
    """Flights of one slice; instants are seconds of the epoch, times are minutes of the local day."""

    flights: tuple[FlightOnSale, ...]
    departs: int
    arrives: int
    leaves: int
    lands: int

    @property
    def duration(self) -> int:
        """Seconds, waits included."""
        return self.arrives - self.departs

    @property
    def stops(self) -> int:
        return len(self.flights) - 1

    @property
    def connections(self) -> tuple[int, ...]:
        """Airports that flights are changed at, both where the traveller changes airports."""
        ends = (airport for flight in self.flights for airport in (flight.origin, flight.destination))
        return tuple(dict.fromkeys(list(ends)[1:-1]))

    @property
    def nights(self) -> int:
        """How many of its two ends are at night."""
        return sum(not NIGHT_ENDS <= time < NIGHT_BEGINS for time in (self.leaves, self.lands))


class Option(NamedTuple):
    """An itinerary in a fare family, at the price of the whole party."""

    itinerary: Itinerary
    family: int
    charges: tuple[FlightCharge, ...]
    price: int
    """In hundredths of the currency."""

    @property
    def departs(self) -> int:
        return self.itinerary.departs

    @property
    def arrives(self) -> int:
        return self.itinerary.arrives


class Pricer:
    """Prices flights for one party in one cabin, each once."""

    def __init__(self, reference: Reference, party: Party, cabin: str) -> None:
        self.reference, self.party, self.cabin = reference, party, cabin
        self._by_flight: dict[int, dict[int, tuple[FlightCharge, int]]] = {}

    def options(self, journeys: Iterable[Sequence[FlightOnSale]]) -> list[Option]:
        """Each of `journeys` in each fare family that all its flights are sold in, without what is only noise."""
        return worth_showing([option for flights in journeys for option in self._options(tuple(flights))])

    def _options(self, flights: tuple[FlightOnSale, ...]) -> list[Option]:
        itinerary = Itinerary(
            flights,
            flights[0].departs,
            flights[-1].arrives,
            self._local(flights[0].departs, flights[0].origin),
            self._local(flights[-1].arrives, flights[-1].destination),
        )
        prices = [self.prices_of(flight) for flight in flights]
        return [
            Option(
                itinerary,
                family,
                tuple(each[family][0] for each in prices),
                sum(each[family][1] for each in prices),
            )
            for family in prices[0]
            if all(family in each for each in prices)
        ]

    def prices_of(self, flight: FlightOnSale) -> dict[int, tuple[FlightCharge, int]]:
        """By fare family: what the price depends on, and the price."""
        prices = self._by_flight.get(flight.pk)
        if prices is None:
            airports, book = self.reference.airports, self.reference.prices
            taxes = book.taxes(airports[flight.origin], airports[flight.destination], self.cabin)
            prices = self._by_flight[flight.pk] = {}
            for family, amount in zip(flight.families, flight.amounts, strict=True):
                charge = FlightCharge(amount, family, taxes, self.party)
                prices[family] = charge, book.price((charge,)).hundredths
        return prices

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
    kept: list[Option] = []
    # Whatever beats an option stands before it, so that it is enough to look at what was kept.
    for option in sorted(options, key=lambda option: (option.price, option.arrives, -option.departs)):
        if any(other.departs >= option.departs and other.arrives <= option.arrives for other in kept):
            yield option
        else:
            kept.append(option)
