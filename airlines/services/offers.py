"""An offer is a signed promise of what a journey costs now. It is a token, not a row: searching writes nothing.

The token carries flights, cabin, fare family, party and total. Whoever opens it prices the journey again; where the
total differs, the price has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain, pairwise
from typing import NamedTuple

from django.conf import settings

from airlines.exceptions import NotOnSale, PriceChanged, SeatsGone
from airlines.models import FareFamily, Flight, FlightFare, TaxRule
from airlines.services.offer_tokens import Signer, unsign, unsign_any_age
from airlines.services.pricing import FlightTerms, JourneyPrice, Party, price_journey, taxes_of
from airlines.services.reference import current
from airlines.services.terms import terms_of
from flights_project.lib import clock
from flights_project.lib.money import on_the_wire


@dataclass(frozen=True, slots=True)
class OfferClaim:
    """What a token says: a journey, and what it cost when the token was signed."""

    slices: tuple[tuple[int, ...], ...]
    cabin: str
    family: str
    party: Party
    total: Decimal

    @property
    def flights(self) -> list[int]:
        """The flights' ids in order of travel."""
        return list(chain.from_iterable(self.slices))

    @property
    def token(self) -> str:
        return Signer().sign(self._text).decode()

    @property
    def without_price(self) -> str:
        """What was chosen, whatever it costs: the same when its price has changed."""
        return self._text.rpartition("|")[0]

    @property
    def _text(self) -> str:
        slices = "/".join(["-".join(map(str, flights)) for flights in self.slices])
        return claim_text(slices, terms_text(cabin=self.cabin, family=self.family, party=self.party), str(self.total))


def claim_text(slices: str, terms: str, total: str) -> str:
    """What the token of an offer says; `slices` are ids of flights: `12-34/56`."""
    return f"{slices}|{terms}|{total}"


def terms_text(*, cabin: str, family: str, party: Party) -> str:
    """The part of it that offers of one cabin and fare family to one party share."""
    return f"{cabin}|{family}|{party.adults}.{party.children}.{party.infants}"


def open_offer(token: str) -> OfferClaim:
    """What `token` claims. Raises OfferInvalid where we did not sign it, OfferExpired after `OFFER_LIFETIME`."""
    return _claim(unsign(token))


def open_old_offer(token: str) -> OfferClaim:
    """As `open_offer`, of any age. Raises OfferInvalid."""
    return _claim(unsign_any_age(token)[1])


def _claim(said: str) -> OfferClaim:
    slices, cabin, family, party, total = said.split("|")
    return OfferClaim(
        slices=tuple(tuple(map(int, flights.split("-"))) for flights in slices.split("/")),
        cabin=cabin,
        family=family,
        party=Party(*map(int, party.split("."))),
        total=Decimal(total),
    )


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a traveller changes from one flight to the next."""

    landing: Flight
    leaving: Flight

    @property
    def wait(self) -> timedelta:
        return self.leaving.departs_at - self.landing.arrives_at

    @property
    def changes_airport(self) -> bool:
        """Between airports of one city, on the traveller's own way."""
        return self.landing.destination_id != self.leaving.origin_id

    @property
    def is_overnight(self) -> bool:
        """Whether midnight passes by the clocks of the airport."""
        return clock.is_overnight(self.landing.arrives_at, self.leaving.departs_at, self.leaving.origin.zone)


class Stretch(NamedTuple):
    """A flight or a wait as a part of its journey, in per cent of it: where it begins, and how long it is."""

    start: float
    length: float
    is_wait: bool


@dataclass(frozen=True)
class FlightsInOrder:
    """One direction of a journey: one flight, or connecting flights in order."""

    flights: tuple[Flight, ...]

    @property
    def departs_at(self) -> datetime:
        return self.flights[0].departs_at

    @property
    def arrives_at(self) -> datetime:
        return self.flights[-1].arrives_at

    @property
    def duration(self) -> timedelta:
        """From the first departure to the last arrival, waits included."""
        return self.arrives_at - self.departs_at

    @property
    def stops(self) -> int:
        return len(self.flights) - 1

    @property
    def numbers(self) -> str:
        """`KV101, KV204`."""
        return ", ".join(flight.number for flight in self.flights)

    @property
    def key(self) -> str:
        """The flights' ids in order: `12-34`."""
        return "-".join(str(flight.pk) for flight in self.flights)

    @property
    def stretches(self) -> list[Stretch]:
        """Flights and the waits between them, in order."""
        instants = list(chain.from_iterable((flight.departs_at, flight.arrives_at) for flight in self.flights))
        ends = [round(100 * ((instant - self.departs_at) / self.duration), 2) for instant in instants]
        return [
            Stretch(start, round(end - start, 2), is_wait=bool(number % 2))
            for number, (start, end) in enumerate(pairwise(ends))
        ]

    @property
    def connections(self) -> list[Connection]:
        return [Connection(landing, leaving) for landing, leaving in pairwise(self.flights)]


@dataclass(frozen=True)
class Slice(FlightsInOrder):
    """One direction of a journey as it can be bought."""

    seats_left: int
    """On the fullest flight."""


@dataclass(frozen=True)
class Offer:
    """A journey that can be bought now: slices, one cabin, one fare family, a party and its price."""

    slices: tuple[Slice, ...]
    cabin: str
    family: FareFamily
    party: Party
    price: JourneyPrice

    @property
    def total(self) -> Decimal:
        return self.price.total

    @property
    def duration(self) -> timedelta:
        return sum((part.duration for part in self.slices), timedelta())

    @cached_property
    def flights(self) -> list[Flight]:
        """All flights in order of travel."""
        return list(chain.from_iterable(part.flights for part in self.slices))

    @cached_property
    def seats_left(self) -> int:
        """Seats left on the fullest flight."""
        return min(part.seats_left for part in self.slices)

    @cached_property
    def claim(self) -> OfferClaim:
        return OfferClaim(
            slices=tuple(tuple(flight.pk for flight in part.flights) for part in self.slices),
            cabin=self.cabin,
            family=self.family.code,
            party=self.party,
            total=self.total,
        )

    @cached_property
    def token(self) -> str:
        return self.claim.token


def make_offer(slices: Sequence[Sequence[FlightFare]], party: Party, rules: Iterable[TaxRule]) -> Offer:
    """Price `party` on the fares of one family in one cabin; the fares come with flight, airports and family."""
    parts = tuple(_slice(fares) for fares in slices)
    fares = tuple(chain.from_iterable(slices))
    family, cabin = fares[0].family, fares[0].flight_cabin.cabin
    terms = [FlightTerms(fare.amount, family, taxes_of(fare.flight_cabin.flight, cabin, rules)) for fare in fares]
    price = price_journey(party=party, flights=terms, currency=settings.CURRENCY)
    return Offer(slices=parts, cabin=cabin, family=family, party=party, price=price)


def _slice(fares: Sequence[FlightFare]) -> Slice:
    cabins = [fare.flight_cabin for fare in fares]
    return Slice(tuple(cabin.flight for cabin in cabins), min(cabin.seats_left for cabin in cabins))


def price_again(claim: OfferClaim, *, now: datetime) -> Offer:
    """The journey of `claim` as it can be bought now, whatever it costs.

    Raises NotOnSale where a flight is cancelled, gone or closed for sale, SeatsGone where the party no longer fits.
    Called under the lock of `inventory.lock_cabins` it is the price that counts.
    """
    offer = price_held(claim, now=now)
    if offer.seats_left < claim.party.seats:
        raise SeatsGone(seats_left=offer.seats_left)
    return offer


def price_held(claim: OfferClaim, *, now: datetime) -> Offer:
    """As `price_again`, for a party that holds its seats already. Raises NotOnSale."""
    fares, rules = terms_of(flights=claim.flights, cabin=claim.cabin, family=claim.family)
    _refuse_unless_on_sale(claim, fares, now)
    return make_offer(
        [[fares[flight] for flight in part] for part in claim.slices],
        claim.party,
        rules,
    )


def _refuse_unless_on_sale(claim: OfferClaim, fares: Mapping[int, FlightFare], now: datetime) -> None:
    if len(fares) != len(set(claim.flights)):
        raise NotOnSale
    slices = [[fares[pk].flight_cabin.flight for pk in part] for part in claim.slices]
    flights = list(chain.from_iterable(slices))
    closes_after = now + settings.SALE_CLOSES_BEFORE_DEPARTURE
    if any(flight.status not in Flight.FOR_SALE or flight.departs_at <= closes_after for flight in flights):
        raise NotOnSale
    # A delay may have made the journey impossible since it was offered.
    if any(later.departs_at <= earlier.arrives_at for earlier, later in pairwise(flights)):
        raise NotOnSale
    if not all(_connect(part) for part in slices if len(part) > 1):
        raise NotOnSale


def _connect(flights: Sequence[Flight]) -> bool:
    """Whether every connection leaves the time that its airports need."""
    return current().network.connects(
        [(flight.origin_id, flight.destination_id) for flight in flights],
        [(flight.departs_at.timestamp(), flight.arrives_at.timestamp()) for flight in flights],
    )


def accept(claim: OfferClaim, *, now: datetime) -> Offer:
    """The offer of `claim` at exactly its total. Raises PriceChanged with a fresh offer where it differs."""
    offer = price_again(claim, now=now)
    if offer.total != claim.total:
        raise PriceChanged(
            f"The price is now {offer.total} {settings.CURRENCY} instead of {claim.total} {settings.CURRENCY}.",
            offer=offer.token,
            total=on_the_wire(offer.total, settings.CURRENCY),
            previous_total=on_the_wire(claim.total, settings.CURRENCY),
        )
    return offer
