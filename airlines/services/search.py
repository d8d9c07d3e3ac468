"""Search: what can be bought between places on days. It reads only, and offers only what can be had.

The network in memory says which legs could make the journey (`connections`), one statement reads what is on sale on
them (`flights_on_sale`), and the rest is calculation: itineraries, their prices, filters, whole journeys in order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain

from django.conf import settings

from airlines.models import Flight
from airlines.services import changes
from airlines.services.connections import MOST_STOPS, Leg, Network, Path, Window, assemble, legs_of
from airlines.services.filters import Counts, Filters
from airlines.services.flights_on_sale import FlightOnSale, flights_on_sale
from airlines.services.market import Market
from airlines.services.offers import Offer, Slice
from airlines.services.options import Itinerary, Journey, Option, Pricer
from airlines.services.pages import Page, turn_to
from airlines.services.places import Place
from airlines.services.price_book import joined
from airlines.services.pricing import Party
from airlines.services.ranking import Sort
from airlines.services.reference import Reference, current
from flights_project.lib import clock

DAYS_LATE = 2
"""A flight may leave so many days after its own; one that is later still is healed by `SEARCH_KEPT_FOR`."""
A_MOMENT = 1.0
"""Seconds for which an answer is good on a day whose flights are leaving."""
ENOUGH_WAYS = 4
"""With fewer itineraries than this, a search that does not say how many stops looks for some with one more."""
NEARBY_AT_MOST = 8
"""Airports that a place stands for when nearby ones are asked for too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceQuery:
    """One direction: from a place to a place on a local date of departure."""

    origin: Place
    destination: Place
    depart_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What somebody looks for. `chosen` are flights of the first slices, where these are decided."""

    slices: tuple[SliceQuery, ...]
    party: Party
    cabin: str
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.BEST
    nearby: bool = False
    chosen: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResults:
    """A page of whole journeys, each of one option a slice, the pages beside it, what each choice of a filter would
    leave, and all that they are from."""

    journeys: list[Journey]
    next: Page | None
    previous: Page | None
    counts: Counts
    found: "Found"

    @property
    def offers(self) -> list[Offer]:
        """The journeys as everybody takes them but who has to write many in no time."""
        return [self.found.offer(journey) for journey in self.journeys]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to fly the slice that is being chosen: in each fare family the cheapest whole journey with it."""

    slice: Slice
    offers: list[Offer]


@dataclass(frozen=True, slots=True)
class Found:
    """What is on sale for a query, as of one copy of the reference."""

    query: SearchQuery
    reference: Reference
    market: Market
    windows: Mapping[Leg, Window]
    """What was looked at."""
    _slices: dict[int, Slice] = field(default_factory=dict)
    """One of each itinerary, by its identity, however many offers have it."""

    def offer(self, journey: Sequence[Option]) -> Offer:
        """A whole journey of options, one a slice, as an offer that can be held at its price."""
        return Offer(
            slices=tuple(self.slice_of(option) for option in journey),
            cabin=self.query.cabin,
            family=self.reference.families[journey[0].family],
            party=self.query.party,
            price=joined(tuple(chain.from_iterable([option.prices for option in journey]))),
        )

    def slice_of(self, option: Option) -> Slice:
        known = self._slices.get(id(option.itinerary))
        if known is None:
            known = self._slices[id(option.itinerary)] = _slice(option.itinerary, self.reference)
        return known

    def way(self, options: Sequence[Option]) -> Way:
        """The options of one itinerary."""
        families = list(self.reference.families)
        by_family = sorted(options, key=lambda option: families.index(option.family))
        offers = [self.offer(self.market.journey_with(option)) for option in by_family]
        return Way(self.slice_of(options[0]), offers)

    def read_on(self) -> frozenset[changes.Leg]:
        """Where a change would change what was found: the legs, on all local dates that were looked at, and those
        before for flights that are announced by their own day and leave later."""
        airports = self.reference.airports
        return frozenset(
            [
                changes.Leg(origin, destination, day)
                for (origin, destination), window in self.windows.items()
                for day in _days_of(window, airports[origin].zone)
            ]
        )

    def good_for(self, now: datetime) -> float:
        """Seconds for which only a change can make it untrue: until the sale of a flight may close."""
        kept_for = settings.SEARCH_KEPT_FOR
        soon = (now + settings.SALE_CLOSES_BEFORE_DEPARTURE + kept_for).timestamp()
        first = min([window.opens for window in self.windows.values()], default=soon)
        return A_MOMENT if first < soon else kept_for.total_seconds()

    def counts(self, *, of_ways: bool = False) -> Counts:
        """What each choice of a filter would leave (`Market.counts`); connection airports by IATA code."""
        counts = self.market.counts(of_ways=of_ways)
        if not counts.by_filter["via"]:
            return counts
        via = {self.reference.airports[pk].iata: count for pk, count in counts.by_filter["via"].items()}
        return replace(counts, by_filter={**counts.by_filter, "via": via})


def search(query: SearchQuery, *, now: datetime, page: Page | None = None) -> SearchResults:
    """A page of offers for `query`, in its order, each of a whole journey."""
    found = find(query, now=now)
    page = page or Page(settings.SEARCH_PAGE_SIZE)
    turned = turn_to(page, found.market.journeys(query.sort), identity=_journey)
    return SearchResults(
        turned.entries,
        turned.next,
        turned.previous,
        found.counts(),
        found,
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """A page of ways to fly the slice that is being chosen, and the slices chosen before."""

    ways: list[Way]
    count: int
    """On all pages."""
    chosen: list[Slice]
    next: Page | None
    counts: Counts

    @property
    def families(self) -> set[str]:
        """The codes of the fare families on this page."""
        return {offer.family.code for way in self.ways for offer in way.offers}


def choose(query: SearchQuery, *, now: datetime, page: Page) -> Choices:
    """Ways to fly the first slice of `query` that is not chosen yet, in its order."""
    found = find(query, now=now)
    ways: dict[str, list[Option]] = {}
    for option, _price in found.market.choices(query.sort):
        ways.setdefault(_flights(option), []).append(option)
    turned = turn_to(page, ways.values(), identity=lambda way: _flights(way[0]))
    chosen = [found.slice_of(part[0]) for part in found.market.slices[: len(query.chosen)] if part]
    return Choices(
        [found.way(way) for way in turned.entries], len(ways), chosen, turned.next, found.counts(of_ways=True)
    )


def _flights(option: Option) -> str:
    return "-".join(str(flight.pk) for flight in option.itinerary.flights)


def _journey(journey: Sequence[Option]) -> str:
    """What tells a journey apart: its flights and its fare family, not its price."""
    return f"{'/'.join(map(_flights, journey))} {journey[0].family}"


def find(query: SearchQuery, *, now: datetime) -> Found:
    """What is on sale for `query`: seats left for the whole party on every flight, not departed, not cancelled, not
    closed for sale."""
    reference = current()
    hunts = [_hunt(query, index, reference, now) for index in range(len(query.slices))]
    while hunting := [hunt for hunt in hunts if hunt.goes_on()]:
        legs = chain.from_iterable(hunt.legs.items() for hunt in hunting)
        found = flights_on_sale(legs, cabin=query.cabin, seats=query.party.seats)
        for hunt in hunting:
            hunt.take(found)
    pricer = Pricer(reference, query.party, query.cabin)
    slices = [pricer.options(hunt.itineraries) for hunt in hunts]
    for index, flights in enumerate(query.chosen):
        slices[index] = [
            option for option in slices[index] if tuple(each.pk for each in option.itinerary.flights) == flights
        ]
    windows = _together(hunt.legs for hunt in hunts)
    return Found(query, reference, Market(slices, len(query.chosen), query.filters, reference.families), windows)


def _together(legs: Iterable[Mapping[Leg, Window]]) -> dict[Leg, Window]:
    """All legs of several slices, each with a window that holds all of its windows."""
    windows: dict[Leg, Window] = {}
    for leg, window in chain.from_iterable(each.items() for each in legs):
        known = windows.get(leg, window)
        windows[leg] = Window(min(known.opens, window.opens), max(known.closes, window.closes))
    return windows


def _slice(itinerary: Itinerary, reference: Reference) -> Slice:
    flights = itinerary.flights
    return Slice(tuple(_flight(each, reference) for each in flights), min(each.seats_left for each in flights))


def _flight(row: FlightOnSale, reference: Reference) -> Flight:
    """As the models would read it, without its airplane."""
    origin = reference.airports[row.origin]
    departs_at = datetime.fromtimestamp(row.departs, UTC)
    return Flight(
        pk=row.pk,
        number=row.number,
        origin=origin,
        destination=reference.airports[row.destination],
        departs_at=departs_at,
        arrives_at=datetime.fromtimestamp(row.arrives, UTC),
        departs_on=clock.local_date(departs_at, origin.zone),
        origin_terminal=row.origin_terminal,
        destination_terminal=row.destination_terminal,
        status=row.status,
    )


def _hunt(query: SearchQuery, index: int, reference: Reference, now: datetime) -> "Hunt":
    part = query.slices[index]
    origins, destinations = _airports(part, reference.network, nearby=query.nearby)
    first_sold = int((now + settings.SALE_CLOSES_BEFORE_DEPARTURE).timestamp()) + 1
    windows = {pk: day_window(part.depart_on, reference.airports[pk].zone, first_sold) for pk in origins}
    most_stops = len(query.chosen[index]) - 1 if index < len(query.chosen) else query.filters.max_stops
    return Hunt(reference.network, origins, destinations, windows, most_stops)


def _airports(part: SliceQuery, network: Network, *, nearby: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Airports to leave from and to land at."""
    origins, destinations = tuple(part.origin.airport_ids), tuple(part.destination.airport_ids)
    if not nearby:
        return origins, destinations
    from_near, to_near = (network.nearby(each, settings.NEARBY_KM)[:NEARBY_AT_MOST] for each in (origins, destinations))
    return (
        tuple(airport for airport in from_near if airport in origins or airport not in to_near),
        tuple(airport for airport in to_near if airport in destinations or airport not in from_near),
    )


def day_window(on: date, zone: str, first_sold: int) -> Window:
    """A local date, without the departures that are not sold any more."""
    day = _day(on, zone)
    return day if first_sold <= day.opens else Window(first_sold, day.closes)


@lru_cache(maxsize=10_000)
def _day(on: date, zone: str) -> Window:
    begins, ends = (clock.local_to_utc(day, time.min, zone) for day in (on, on + timedelta(days=1)))
    return Window(int(begins.timestamp()), int(ends.timestamp()))


@lru_cache(maxsize=10_000)
def _days_of(window: Window, zone: str) -> list[date]:
    """The local dates of flights that leave within a window, and of those that leave `DAYS_LATE` at most."""
    first, last = (
        datetime.fromtimestamp(instant, clock.zone(zone)).date() for instant in (window.opens, window.closes - 1)
    )
    return [first + timedelta(days=day) for day in range(-DAYS_LATE, (last - first).days + 1)]


@dataclass(slots=True)
class Hunt:
    """The search for one slice, with as many stops as asked for, or one more each time that too little was found."""

    network: Network
    origins: tuple[int, ...]
    destinations: tuple[int, ...]
    windows: Mapping[int, Window]
    most_stops: int | None
    looked_at: int = -1
    paths: Sequence[Path] = ()
    itineraries: Sequence[tuple[FlightOnSale, ...]] = ()
    _legs: Mapping[Leg, Window] | None = None

    @property
    def legs(self) -> Mapping[Leg, Window]:
        """When flights of each leg of the paths may leave."""
        if self._legs is None:
            self._legs = legs_of(self.network, self.paths, self.windows)
        return self._legs

    def goes_on(self) -> bool:
        """Whether there is something to read: then `legs` say what."""
        if self.most_stops is not None:
            return self.looked_at < 0 and self._look(self.most_stops)
        while self.looked_at < MOST_STOPS and len(self.itineraries) < ENOUGH_WAYS:
            if self._look(self.looked_at + 1):
                return True
        return False

    def _look(self, stops: int) -> bool:
        before, self.looked_at = self.paths, stops
        self.paths = self.network.paths(self.origins, self.destinations, stops)
        self._legs = None
        return len(self.paths) > len(before)

    def take(self, found: Mapping[Leg, Sequence[FlightOnSale]]) -> None:
        self.itineraries = assemble(self.network, self.paths, found, self.windows)
