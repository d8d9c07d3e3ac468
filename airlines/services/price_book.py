"""Prices of whole parties, each calculated once by `pricing` and remembered: flights of a day share most of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from airlines.models import Airport, FareFamily, TaxRule
from airlines.services.pricing import FlightTerms, JourneyPrice, Party, TravellerPrice, price_journey, taxes_between

REMEMBERED = 50_000


class FlightCharge(NamedTuple):
    """All that the price of a party on one flight depends on."""

    amount: Decimal
    """Of an adult, without taxes."""
    family: int
    taxes: int
    """Number of a set of tax rules, see `PriceBook.taxes`."""
    party: Party


@dataclass(frozen=True, eq=False)
class PriceBook:
    """As true as the tax rules and families it was opened with. Bounded: a full book starts anew."""

    families: Mapping[int, FareFamily]
    rules: Sequence[TaxRule]
    currency: str
    _tax_sets: list[tuple[TaxRule, ...]] = field(default_factory=list)
    _taxes: dict[tuple[int, int, str], int] = field(default_factory=dict)
    _prices: dict[tuple[FlightCharge, ...], JourneyPrice] = field(default_factory=dict)

    def taxes(self, origin: Airport, destination: Airport, cabin: str) -> int:
        """The number of the set of tax rules that apply between two airports in a cabin."""
        asked = (origin.pk, destination.pk, cabin)
        number = self._taxes.get(asked)
        if number is None:
            rules = taxes_between(origin, destination, cabin, self.rules)
            if rules not in self._tax_sets:
                self._tax_sets.append(rules)
            number = self._taxes[asked] = self._tax_sets.index(rules)
        return number

    def price(self, charges: tuple[FlightCharge, ...]) -> JourneyPrice:
        """The price of a party on all flights of a journey; the same object for the same charges."""
        price = self._prices.get(charges)
        if price is None:
            if len(self._prices) >= REMEMBERED:
                self._prices.clear()
            price = self._prices[charges] = self._calculated(charges)
        return price

    def _calculated(self, charges: tuple[FlightCharge, ...]) -> JourneyPrice:
        if len(charges) > 1:
            return joined([self.price((charge,)) for charge in charges])
        [charge] = charges
        terms = FlightTerms(charge.amount, self.families[charge.family], self._tax_sets[charge.taxes])
        return price_journey(party=charge.party, flights=[terms], currency=self.currency)


def joined(prices: Sequence[JourneyPrice]) -> JourneyPrice:
    """The price of one party on a journey, of its prices on the parts: every coupon is priced by itself."""
    return JourneyPrice(
        tuple(
            TravellerPrice(same[0].traveller, same[0].count, tuple(chain.from_iterable(each.coupons for each in same)))
            for same in zip(*(price.travellers for price in prices), strict=True)
        )
    )
