"""What a journey costs: pure calculation, no database.

Everything is priced by coupon, one traveller on one flight, and rounded there; every total is a sum of coupons, so
that what was charged can be given back coupon by coupon to the last paisa.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from airlines.models import Airport, FareFamily, Flight, TaxRule
from flights_project.lib.money import hundredths, rounded


class TravellerType(StrEnum):
    """IATA's ADT (12 and over), CHD (2 to 11) and INF (under 2), by age on the day of the last flight."""

    ADULT = "adult"
    CHILD = "child"
    INFANT = "infant"


class Party(NamedTuple):
    """Who travels. An infant sits on an adult's lap: it has a ticket and no seat."""

    adults: int = 1
    children: int = 0
    infants: int = 0

    @property
    def seats(self) -> int:
        return self.adults + self.children

    @property
    def travellers(self) -> int:
        return self.adults + self.children + self.infants

    @property
    def counts(self) -> dict[TravellerType, int]:
        """How many of each type; types that nobody is of are left out."""
        counts = {
            TravellerType.ADULT: self.adults,
            TravellerType.CHILD: self.children,
            TravellerType.INFANT: self.infants,
        }
        return {traveller: count for traveller, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax as a ticket shows it: two-letter code, name, amount."""

    code: str
    name: str
    amount: Decimal
    refundable: bool


@dataclass(frozen=True, slots=True)
class CouponPrice:
    """One traveller on one flight."""

    fare: Decimal
    taxes: tuple[TaxLine, ...]
    total: Decimal = field(init=False)

    def __post_init__(self) -> None:
        # Worked out once: many journeys have the same coupon.
        object.__setattr__(self, "total", sum([tax.amount for tax in self.taxes], self.fare))


@dataclass(frozen=True)
class TravellerPrice:
    """One traveller of a type on all flights of the journey; `count` such travellers pay it."""

    traveller: TravellerType
    count: int
    coupons: tuple[CouponPrice, ...]

    @cached_property
    def fare(self) -> Decimal:
        return sum((coupon.fare for coupon in self.coupons), Decimal())

    @cached_property
    def total(self) -> Decimal:
        return sum((coupon.total for coupon in self.coupons), Decimal())


@dataclass(frozen=True, eq=False)
class JourneyPrice:
    """A whole party on a whole journey. Known by identity: a price book gives one object for one price of a flight."""

    travellers: tuple[TravellerPrice, ...]

    @cached_property
    def base(self) -> Decimal:
        """All fares without taxes."""
        return sum((each.count * each.fare for each in self.travellers), Decimal())

    @cached_property
    def total(self) -> Decimal:
        return sum((each.count * each.total for each in self.travellers), Decimal())

    @cached_property
    def hundredths(self) -> int:
        """The total as a whole number, for sorting many journeys."""
        return hundredths(self.total)

    @cached_property
    def taxes(self) -> list[TaxLine]:
        """The whole party's taxes, a line for each code."""
        return sum_taxes(
            (tax, each.count) for each in self.travellers for coupon in each.coupons for tax in coupon.taxes
        )

    def coupons_for(self, traveller: TravellerType) -> tuple[CouponPrice, ...]:
        """The coupons' prices of one traveller of this type, in the order of the flights."""
        return next(each.coupons for each in self.travellers if each.traveller == traveller)


def sum_taxes(lines: Iterable[tuple[TaxLine, int]]) -> list[TaxLine]:
    """One line for each code, in order of first appearance; each line comes with how many pay it."""
    sums: dict[str, TaxLine] = {}
    for line, count in lines:
        before = sums[line.code].amount if line.code in sums else Decimal()
        sums[line.code] = TaxLine(line.code, line.name, before + count * line.amount, line.refundable)
    return list(sums.values())


@dataclass(frozen=True, slots=True)
class FlightTerms:
    """What pricing needs of one flight: the adult fare of now, and the tax rules that apply to it."""

    amount: Decimal
    family: FareFamily
    taxes: tuple[TaxRule, ...]


def price_journey(*, party: Party, flights: Sequence[FlightTerms], currency: str) -> JourneyPrice:
    """The price of `party` on `flights`, in `currency`'s units."""
    return JourneyPrice(
        tuple(
            TravellerPrice(traveller, count, tuple(price_coupon(traveller, terms, currency) for terms in flights))
            for traveller, count in party.counts.items()
        )
    )


def price_coupon(traveller: TravellerType, terms: FlightTerms, currency: str) -> CouponPrice:
    """The fare of a traveller's type, and each tax that the type pays, rounded line by line."""
    fare = rounded(terms.amount * _fare_percent(traveller, terms.family) / 100, currency)
    taxes = tuple(
        TaxLine(rule.code, rule.name, _tax_amount(rule, fare, currency), rule.refundable)
        for rule in terms.taxes
        if rule.infants_pay or traveller != TravellerType.INFANT
    )
    return CouponPrice(fare, tuple(tax for tax in taxes if tax.amount))


def _fare_percent(traveller: TravellerType, family: FareFamily) -> int:
    match traveller:
        case TravellerType.CHILD:
            return family.child_percent
        case TravellerType.INFANT:
            return family.infant_percent
    return 100


def _tax_amount(rule: TaxRule, fare: Decimal, currency: str) -> Decimal:
    """A rule has an amount or a percentage of the fare, by the constraint `tax_amount_or_percent`."""
    if rule.percent is not None:
        return rounded(fare * rule.percent / 100, currency)
    return rounded(rule.amount or Decimal(), currency)


def taxes_of(flight: Flight, cabin: str, rules: Iterable[TaxRule]) -> tuple[TaxRule, ...]:
    """The rules that apply to a seat in `cabin` on `flight`; its airports and cities must be loaded."""
    return taxes_between(flight.origin, flight.destination, cabin, rules)


def taxes_between(origin: Airport, destination: Airport, cabin: str, rules: Iterable[TaxRule]) -> tuple[TaxRule, ...]:
    """The rules that apply to a seat in `cabin` from one airport to another; their cities must be loaded."""
    country = origin.city.country
    reach = TaxRule.Reach.DOMESTIC if country == destination.city.country else TaxRule.Reach.INTERNATIONAL
    return tuple(
        rule
        for rule in rules
        if rule.reach in (TaxRule.Reach.ANY, reach)
        and rule.origin_country in ("", country)
        and rule.origin_id in (None, origin.pk)
        and rule.cabin in ("", cabin)
    )
