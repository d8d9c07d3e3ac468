"""Prices of whole parties on single flights, each calculated once by `pricing` and remembered: flights of a day share
most of them. Those of journeys are not: there are as many as ways to combine flights, and hardly one is met again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from airlines.models import Airport, FareFamily, TaxRule
from airlines.services.pricing import FlightTerms, JourneyPrice, Party, TravellerPrice, price_journey, taxes_between
from flights_project.lib.money import of_hundredths

REMEMBERED = 50_000


class Tariff(NamedTuple):
    """What fares are charged by: the taxes that apply, and the party that pays them."""

    taxes: tuple[TaxRule, ...]
    party: Party


@dataclass(frozen=True, eq=False)
class PriceBook:
    """As true as the tax rules and families it was opened with. Bounded: a full book starts anew."""

    families: Mapping[int, FareFamily]
    rules: Sequence[TaxRule]
    currency: str
    _tariffs: list[Tariff] = field(default_factory=list)
    _of_legs: dict[tuple[int, int, str, Party], int] = field(default_factory=dict)
    _prices: dict[tuple[int, int, int], JourneyPrice] = field(default_factory=dict)

    def tariff(self, origin: Airport, destination: Airport, cabin: str, party: Party) -> int:
        """The number of the tariff of `party` from one airport to another in a cabin."""
        asked = (origin.pk, destination.pk, cabin, party)
        number = self._of_legs.get(asked)
        if number is None:
            _make_room(self._of_legs)
            tariff = Tariff(taxes_between(origin, destination, cabin, self.rules), party)
            if tariff not in self._tariffs:
                self._tariffs.append(tariff)
            number = self._of_legs[asked] = self._tariffs.index(tariff)
        return number

    def price(self, tariff: int, family: int, amount: int) -> JourneyPrice:
        """What the party of a tariff pays on one flight whose fare for an adult is so many hundredths of the currency,
        without taxes; the same object for the same."""
        asked = (tariff, family, amount)
        price = self._prices.get(asked)
        if price is None:
            _make_room(self._prices)
            taxes, party = self._tariffs[tariff]
            terms = FlightTerms(of_hundredths(amount), self.families[family], taxes)
            price = self._prices[asked] = price_journey(party=party, flights=[terms], currency=self.currency)
        return price


def _make_room(remembered: dict[Any, Any]) -> None:
    if len(remembered) >= REMEMBERED:
        remembered.clear()


def joined(prices: Sequence[JourneyPrice]) -> JourneyPrice:
    """The price of one party on a journey, of its prices on the parts: every coupon is priced by itself."""
    if len(prices) == 1:
        return prices[0]
    return JourneyPrice(
        tuple(
            TravellerPrice(same[0].traveller, same[0].count, tuple(chain.from_iterable(each.coupons for each in same)))
            for same in zip(*(price.travellers for price in prices), strict=True)
        )
    )
