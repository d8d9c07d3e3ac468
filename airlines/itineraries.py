"""Offers as pages show them: the price as a table, and the way back to the search."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import ngettext

from airlines.exceptions import NotOnSale, OfferExpired, OfferInvalid, SeatsGone
from airlines.models import Airport, CabinClass, Flight
from airlines.parameters import ROWS
from airlines.services.lows import Journey, cheapest_journeys
from airlines.services.offers import Offer, open_offer, open_old_offer, price_again
from airlines.services.pricing import JourneyPrice, Party, TaxLine, TravellerType

FEW_SEATS = 9
"""Up to this many, pages say how many seats are left."""
ROUTES_AHEAD = timedelta(days=14)
ROUTES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class PriceLine:
    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Fares by traveller type, taxes by code, and the total of it all."""

    fares: list[PriceLine]
    taxes: list[TaxLine]
    total: Decimal


def price_table(price: JourneyPrice, *, total: Decimal | None = None) -> PriceTable:
    """`total` where it was agreed already, else the sum of the lines."""
    counts, sums = Counter[TravellerType](), defaultdict[TravellerType, Decimal](Decimal)
    for each in price.travellers:
        counts[each.traveller] += each.count
        sums[each.traveller] += each.count * each.fare
    fares = [PriceLine(count_of(kind, count), sums[kind]) for kind, count in counts.items()]
    return PriceTable(fares, price.taxes, price.total if total is None else total)


@dataclass(frozen=True, slots=True)
class OfferNow:
    """An offer that a page shows, as it is now: `offer` is None where it cannot be had any more, or is not known."""

    token: str
    becomes: str
    """`same`, `price`, `gone`, or `unknown` for a token that is too old to be looked at."""
    offer: Offer | None = None
    was: Decimal | None = None
    """What the page shows, where it costs something else now."""
    few_seats_left: int | None = None
    table: PriceTable | None = None


def offer_now(token: str, *, part: int, with_table: bool, now: datetime) -> OfferNow:
    """The offer of `token` at the price of now; seats are those of its slice number `part`."""
    try:
        claim = open_offer(token)
        offer = price_again(claim, now=now)
    except (NotOnSale, SeatsGone):
        return OfferNow(token, "gone")
    except (OfferInvalid, OfferExpired):
        return OfferNow(token, "unknown")
    seats = offer.slices[min(part, len(offer.slices) - 1)].seats_left
    was = claim.total if claim.total != offer.total else None
    return OfferNow(
        token,
        "same" if was is None else "price",
        offer,
        was,
        seats if seats <= FEW_SEATS else None,
        price_table(offer.price) if with_table else None,
    )


def count_of(traveller: TravellerType, count: int) -> str:
    """`2 adults`."""
    words = {
        TravellerType.ADULT: ngettext("%(count)d adult", "%(count)d adults", count),
        TravellerType.CHILD: ngettext("%(count)d child", "%(count)d children", count),
        TravellerType.INFANT: ngettext("%(count)d infant", "%(count)d infants", count),
    }
    return words[traveller] % {"count": count}


def party_in_words(party: Party) -> str:
    """`2 adults, 1 child`."""
    return ", ".join(count_of(traveller, count) for traveller, count in party.counts.items())


@dataclass(frozen=True, slots=True)
class Route:
    """A journey of two weeks from now, and the search that it comes from."""

    journey: Journey
    url: str


def cheapest_routes(now: datetime) -> list[Route]:
    """The cheapest journeys in economy between two cities in two weeks, the cheapest first."""
    day = (now + ROUTES_AHEAD).date()
    return [
        Route(each, search_url([(each.origin.label, each.destination.label, day)]))
        for each in cheapest_journeys(day=day, at_most=ROUTES_SHOWN, now=now)
    ]


def label(airport: Airport) -> str:
    """As the search box shows and accepts it: `Mumbai (BOM)`."""
    return f"{airport.city.name} ({airport.iata})"


def search_url(
    slices: Sequence[tuple[str, str, date]], *, party: Party | None = None, cabin: str = CabinClass.ECONOMY
) -> str:
    """The search for a journey: (origin, destination, day) of each slice in order."""
    party = party or Party()
    asked: dict[str, object] = {
        "adults": party.adults,
        "children": party.children,
        "infants": party.infants,
        "cabin": cabin,
    }
    (origin, destination, day), *onward = slices
    if len(onward) == 1 and onward[0][:2] == (destination, origin):
        asked |= {"trip": "return", "return_on": onward[0][2]}
        onward = []
    else:
        asked |= {"trip": "multi" if onward else "oneway"}
    for row, values in zip(ROWS, [(origin, destination, day), *onward], strict=False):
        asked |= zip(row, values, strict=True)
    return f"{reverse('search')}?{urlencode(asked)}"


def search_again_url(token: str) -> str:
    """The search that an offer came from, expired or not; the empty search where the token is none of ours."""
    try:
        claim = open_old_offer(token)
    except OfferInvalid:
        return reverse("search")
    flights = Flight.objects.with_places().in_bulk(claim.flights)
    if len(flights) < len(set(claim.flights)):
        return reverse("search")
    ends = [(flights[part[0]], flights[part[-1]]) for part in claim.slices]
    return search_url(
        [(label(first.origin), label(last.destination), first.departs_on) for first, last in ends],
        party=claim.party,
        cabin=claim.cabin,
    )
