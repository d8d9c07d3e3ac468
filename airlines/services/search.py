"""Search: what can be bought between two places on a day. It reads only, and offers only what can be had."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise, product

from airlines.models import FlightFare, TaxRule
from airlines.services.offers import Offer, make_offer
from airlines.services.places import Place
from airlines.services.pricing import Party
from flights_project.lib import clock

OFFERS_AT_MOST = 200
MINIMUM_STAY = timedelta(hours=1)
"""Between landing at a destination and flying back from it."""

HOUR_IS_WORTH = Decimal("0.1")
"""`best` sorts by price, with each hour of travel counted as a tenth of the cheapest price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceQuery:
    """One direction: from a place to a place on a local date of departure."""

    origin: Place
    destination: Place
    depart_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What somebody looks for; filters that are None or empty leave everything."""

    slices: tuple[SliceQuery, ...]
    party: Party
    cabin: str
    family: str = ""
    airline: str = ""
    max_stops: int | None = None
    max_price: Decimal | None = None
    depart_after: time | None = None
    depart_before: time | None = None
    sort: str = "best"
    outbound: tuple[int, ...] = ()


def search(query: SearchQuery, *, now: datetime, at_most: int | None = OFFERS_AT_MOST) -> list[Offer]:
    """Offers for `query`, in its order, the first `at_most` or all of them.

    Only what can be bought is offered: seats left for the whole party on every flight, not departed, not cancelled,
    not closed for sale. `max_price` is for the whole party; the hours of departure are local and of the first slice.
    """
    choices = [_fares_by_family(part, query, now, is_first=index == 0) for index, part in enumerate(query.slices)]
    rules = list(TaxRule.objects.all())
    offers = [
        make_offer([[fare] for fare in fares], query.party, rules)
        for family in choices[0]
        for fares in product(*(choice.get(family, ()) for choice in choices))
        if _in_time(fares)
    ]
    if query.max_price is not None:
        offers = [offer for offer in offers if offer.total <= query.max_price]
    return _sorted(offers, query.sort)[:at_most]


def _fares_by_family(
    part: SliceQuery, query: SearchQuery, now: datetime, *, is_first: bool
) -> dict[str, list[FlightFare]]:
    """What is on sale in one direction, by fare family."""
    fares: dict[str, list[FlightFare]] = defaultdict(list)
    for fare in FlightFare.objects.on_sale(now).for_slice(
        on=part.depart_on,
        origins=part.origin.airport_ids,
        destinations=part.destination.airport_ids,
        cabin=query.cabin,
        seats=query.party.seats,
    ):
        if _wanted(fare, query, is_first=is_first):
            fares[fare.family.code].append(fare)
    return fares


def _wanted(fare: FlightFare, query: SearchQuery, *, is_first: bool) -> bool:
    flight = fare.flight_cabin.flight
    if query.family and fare.family.code != query.family:
        return False
    if query.airline and flight.airline != query.airline:
        return False
    if not is_first:
        return True
    if query.outbound and flight.pk not in query.outbound:
        return False
    leaves = flight.departs_at.astimezone(clock.zone(flight.origin.zone)).time()
    return (query.depart_after or time.min) <= leaves <= (query.depart_before or time.max)


def _in_time(fares: Sequence[FlightFare]) -> bool:
    flights = [fare.flight_cabin.flight for fare in fares]
    return all(earlier.arrives_at + MINIMUM_STAY <= later.departs_at for earlier, later in pairwise(flights))


def _sorted(offers: Iterable[Offer], sort: str) -> list[Offer]:
    offers = sorted(offers, key=lambda offer: (offer.total, offer.slices[0].departs_at))
    if not offers:
        return []
    cheapest = offers[0].total
    keys: dict[str, Callable[[Offer], object]] = {
        "price": lambda offer: offer.total,
        "duration": lambda offer: offer.duration,
        "departure": lambda offer: [part.departs_at for part in offer.slices],
        "best": lambda offer: offer.total + cheapest * HOUR_IS_WORTH * int(offer.duration.total_seconds()) / 3600,
    }
    return sorted(offers, key=keys[sort])  # type: ignore[arg-type]  # each key is comparable with itself
