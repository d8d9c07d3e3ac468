"""Prices as the search writes them: those of flights once, those of journeys added up from whole numbers.

The price of a flight is met again and again, that of a journey hardly ever: there are as many as ways to combine
flights, and to remember them all takes much memory to find nothing. So what is remembered is how prices add up: which
amounts of the flights go into which amount of the journey, and the text around them. `price_as_dict` says the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import orjson
from django.conf import settings

from airlines.api.offers import price_as_dict, price_form
from airlines.services.pricing import JourneyPrice, TravellerType
from flights_project.lib.money import MoneyAmount, hundredths, on_the_wire, text_of_hundredths

REMEMBERED = 20_000
"""Prices of flights: so many at most."""
MARK = "\0"
"""Where an amount will stand: PostgreSQL keeps no text with one."""
WRITTEN_MARK = orjson.dumps(MARK).decode()
TOTAL, BASE = ("total", ""), ("base", "")
"""Of the whole party; beside them there are fare and total of each type of traveller, and taxes by code."""


@dataclass(frozen=True, slots=True)
class Charged:
    """Which taxes so many travellers of a type pay on a flight: code and name of each."""

    traveller: TravellerType
    count: int
    taxes: tuple[tuple[str, str], ...]


class WrittenPrice(NamedTuple):
    """A price as its offers say it, and its total in their tokens."""

    total: bytes
    lines: bytes
    said: str


class WrittenFlight(NamedTuple):
    """The price of one flight, with what is needed to add it to others."""

    price: WrittenPrice
    charging: int
    """Flights that charge alike have the same number."""
    amounts: list[int]
    """In hundredths of the currency: total and base; for each type of traveller fare and total of one, and each tax of
    all of them."""


class Sum(NamedTuple):
    """How the prices of some flights add up to that of a journey."""

    places: list[list[int]]
    """For each amount of the journey those of the flights, one flight after the other; the total comes first."""
    template: str
    """The text around all amounts but the total."""


_flights: dict[JourneyPrice, WrittenFlight] = {}
_chargings: list[list[Charged]] = []


def written_price(prices: Sequence[JourneyPrice]) -> WrittenPrice:
    """The price of one party on a journey, of its prices on the flights."""
    if len(prices) == 1:
        return (_flights.get(prices[0]) or _write_flight(prices[0])).price
    flights = [_flights.get(price) or _write_flight(price) for price in prices]
    currency = settings.CURRENCY
    places, template = _sum_of(currency, *[flight.charging for flight in flights])
    parts = list(chain.from_iterable([flight.amounts for flight in flights]))
    total, *others = [text_of_hundredths(sum([parts[place] for place in each]), currency) for each in places]
    return WrittenPrice(
        f'{{"amount":"{total}","currency":"{currency}"}}'.encode(), (template % (*others,)).encode(), total
    )


def _write_flight(price: JourneyPrice) -> WrittenFlight:
    if len(_flights) >= REMEMBERED:
        _flights.clear()
    total = on_the_wire(price.total, settings.CURRENCY)
    charged = [
        Charged(each.traveller, each.count, tuple([(tax.code, tax.name) for tax in each.coupons[0].taxes]))
        for each in price.travellers
    ]
    if charged not in _chargings:
        _chargings.append(charged)
    flight = _flights[price] = WrittenFlight(
        WrittenPrice(orjson.dumps(total), orjson.dumps(price_as_dict(price)), total["amount"]),
        _chargings.index(charged),
        _amounts(price),
    )
    return flight


def _amounts(price: JourneyPrice) -> list[int]:
    amounts = [price.total, price.base]
    for each in price.travellers:
        amounts += [each.fare, each.total, *(each.count * tax.amount for tax in each.coupons[0].taxes)]
    return [hundredths(amount) for amount in amounts]


@lru_cache(maxsize=1000)
def _sum_of(currency: str, *chargings: int) -> Sum:
    flights = [_chargings[number] for number in chargings]
    places: dict[tuple[str, str], list[int]] = {}
    for place, line in enumerate(line for flight in flights for line in _lines(flight)):
        places.setdefault(line, []).append(place)
    taxes = {code: name for same in zip(*flights, strict=True) for each in same for code, name in each.taxes}
    travellers = [(each.traveller, each.count) for each in flights[0]]
    written = [TOTAL, BASE, *[("tax", code) for code in taxes]]
    written += [line for traveller, _count in travellers for line in (("fare", traveller), ("total", traveller))]
    mark = MoneyAmount(amount=MARK, currency=currency)
    form = price_form(
        mark,
        [(code, name, mark) for code, name in taxes.items()],
        [(traveller, count, mark, mark) for traveller, count in travellers],
    )
    text = orjson.dumps(form).decode().replace("%", "%%").replace(WRITTEN_MARK, '"%s"')
    return Sum([places[line] for line in written], text)


def _lines(flight: Sequence[Charged]) -> Iterator[tuple[str, str]]:
    """What the amounts of a flight are of, in their order."""
    yield TOTAL
    yield BASE
    for each in flight:
        yield "fare", each.traveller
        yield "total", each.traveller
        yield from (("tax", code) for code, _name in each.taxes)
