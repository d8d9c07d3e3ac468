"""Everything that was found for a search, and what its filters leave of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from airlines.models import FareFamily
from airlines.services.combinations import Ranked, best_first, ranked
from airlines.services.filters import (
    Check,
    Counts,
    Filters,
    checks,
    traits_of,
    values_of_family,
    values_of_way,
)
from airlines.services.options import Journey, Option
from airlines.services.ranking import WHOLE, Cost, Sort, costs
from flights_project.lib.money import hundredths

STAY = 3600
"""Seconds at least between landing at a destination and leaving it by the next slice."""
WITHIN_PRICE = 2000
"""Journeys looked at for those within a range of prices, at most."""
COUNTED = ("airline", "arrive", "bag", "depart", "family", "max_stops", "refundable", "via")
"""Filters that choices are counted of."""
OF_ALL_FLIGHTS = frozenset({"max_stops", "airline"})
"""Filters that leave other cheapest journeys by leaving out flights of the slices that come later. A journey is of one
fare family, so those of conditions leave it whole or leave it out, as those of the slice being chosen do."""


@dataclass(frozen=True, eq=False)
class Market:
    """The options of each slice. Those before `at` are chosen: each holds one itinerary, in all its families."""

    slices: Sequence[Sequence[Option]]
    at: int
    filters: Filters
    families: Mapping[int, FareFamily]

    @cached_property
    def _checks(self) -> Sequence[Mapping[str, Check]]:
        """The filters of each slice that are in use, but for prices."""
        return [
            checks(self.filters, self.families, is_chosen_now=index == self.at) if index >= self.at else {}
            for index in range(len(self.slices))
        ]

    @cached_property
    def _in_use(self) -> bool:
        return any(self._checks)

    @cached_property
    def _failing(self) -> list[list[tuple[Option, frozenset[str]]]]:
        """With each option the filters that it does not pass."""
        return [
            [(option, frozenset([name for name, check in in_use.items() if not check(option)])) for option in options]
            for options, in_use in zip(self.slices, self._checks, strict=True)
        ]

    def _left(self, without: frozenset[str] = frozenset()) -> Sequence[Sequence[Option]]:
        """The options of each slice that pass all filters but those of `without`."""
        if not self._in_use:
            return self.slices
        return [[option for option, failing in options if failing <= without] for options in self._failing]

    @cached_property
    def _open(self) -> Sequence[Sequence[Option]]:
        return self._left()

    # --- Whole journeys ---

    def journeys(self, sort: Sort) -> Iterator[Journey]:
        """Whole journeys that pass the filters, in order, each of one fare family."""
        slices = self._open
        cost = costs(sort, slices=len(slices), cheapest=self._cheapest)
        if len(slices) == 1:
            return self._within_prices(iter([(option,) for option in sorted(slices[0], key=cost[0])]))
        choices = [
            ranked([_priced_by(price, options) for price, options in zip(cost, family, strict=True)], STAY)
            for family in self._by_family(slices)
        ]
        return self._within_prices(best_first(choices, STAY))

    def _within_prices(self, journeys: Iterator[Journey]) -> Iterator[Journey]:
        if self._prices == (None, None):
            return journeys
        looked_at = (journey for journey, _number in zip(journeys, range(WITHIN_PRICE), strict=False))
        return (journey for journey in looked_at if self._costs_enough(sum(option.price for option in journey)))

    @cached_property
    def _cheapest(self) -> int:
        return min([price for _option, price in self._priced_open], default=0)

    @cached_property
    def _priced_open(self) -> list[tuple[Option, int]]:
        return self._priced(self._open)

    # --- Choices of one slice ---

    def choices(self, sort: Sort) -> list[tuple[Option, int]]:
        """The options of the slice being chosen in order, each with the price of the cheapest journey with it."""
        cost = costs(sort, slices=1, cheapest=self._cheapest)[0]
        chosen = self._within_range(self._priced_open)
        rest_counts = sort in (Sort.PRICE, Sort.BEST)  # what is shown is the price of the whole journey

        def order(choice: tuple[Option, int]) -> tuple[int, int, int]:
            option, price = choice
            rest = (price - option.price) * WHOLE if rest_counts else 0
            return cost(option) + rest, option.departs, price

        return sorted(chosen, key=order)

    def journey_with(self, option: Option) -> Journey:
        """The cheapest whole journey with an option of the slice being chosen."""
        before = [next(each for each in part if each.family == option.family) for part in self._open[: self.at]]
        journey = [*before, option]
        for onward in self._onward[option.family]:
            ready = journey[-1].arrives + STAY
            journey.append(next(each.choice for each in onward if each.choice.departs >= ready))
        return tuple(journey)

    @cached_property
    def _onward(self) -> dict[int, list[list[Ranked[Option]]]]:
        """By family the slices after the one being chosen, the cheapest rest of a journey first."""
        return {
            family[0][0].family: ranked([_priced_by(_price, options) for options in family[self.at + 1 :]], STAY)
            for family in self._by_family(self._open)
        }

    def _priced(self, slices: Sequence[Sequence[Option]]) -> list[tuple[Option, int]]:
        """The options of the slice being chosen that a whole journey can be made with, each with the price of the
        cheapest."""
        if len(slices) == 1:
            return [(option, option.price) for option in slices[0]]
        priced: list[tuple[Option, int]] = []
        for family in self._by_family(slices):
            chain = [_priced_by(_price, options) for options in family]
            before = sum(options[0].price for options in family[: self.at])
            ready = family[self.at - 1][0].arrives + STAY if self.at else 0
            priced.extend(
                (each.choice, before + each.at_least)
                for each in ranked(chain[self.at :], STAY)[0]
                if each.choice.departs >= ready
            )
        return priced

    def _by_family(self, slices: Sequence[Sequence[Option]]) -> list[list[list[Option]]]:
        """The slices of each family that all of them have."""
        sold = set.intersection(*({option.family for option in options} for options in slices))
        return [
            [[option for option in options if option.family == family] for options in slices]
            for family in self.families
            if family in sold
        ]

    # --- Counts ---

    def counts(self, *, of_ways: bool = False) -> Counts:
        """What each value of each filter would leave of the slice being chosen: offers, or ways to fly, of which each
        may be offered in several fare families."""
        any_duration = self._priced(self._left(frozenset({"max_duration"}))) if self._in_use else self._priced_open
        at_once = len(self.slices) == 1 and not of_ways
        return Counts(
            self._counted_at_once() if at_once else self._counted_each(_way if of_ways else id),
            _range([price for _option, price in self._priced_open]),
            _range([option.itinerary.duration for option, _price in self._within_range(any_duration)]),
        )

    def _counted_at_once(self) -> dict[str, dict[Any, int]]:
        """Of one slice: options that are alike to every count are counted together. Who fails one filter counts for
        that filter alone, who fails more for none."""
        counted: dict[str, dict[Any, int]] = {name: {} for name in COUNTED}
        for failing, options in self._by_failing():
            ways = Counter([traits_of(option.itinerary) for option in options])
            families = Counter([option.family for option in options])
            alike = [(values_of_way(traits), count) for traits, count in ways.items()]
            alike += [(self._values_of_family[family], count) for family, count in families.items()]
            for values, count in alike:
                for name in values.keys() & failing if failing else values:
                    counts = counted[name]
                    for value in values[name]:
                        counts[value] = counts.get(value, 0) + count
        return counted

    def _by_failing(self) -> Iterable[tuple[frozenset[str], Sequence[Option]]]:
        """The options of one slice that fail one filter at most, by which."""
        if not self._in_use:
            return [(frozenset(), [option for option, _price in self._within_range(self._priced_open)])]
        alike: dict[frozenset[str], list[Option]] = {}
        for option, failing in self._failing[0]:
            if len(failing) <= 1 and self._costs_enough(option.price):
                alike.setdefault(failing, []).append(option)
        return alike.items()

    def _counted_each(self, once: Callable[[Option], int]) -> dict[str, dict[Any, int]]:
        return {name: self._counted(name, once) for name in COUNTED}

    def _counted(self, name: str, once: Callable[[Option], int]) -> dict[Any, int]:
        slices = self._left(frozenset({name}))
        if name in OF_ALL_FLIGHTS:
            values = {value for option in slices[self.at] for value in self._values[id(option)][name]}
            return {value: count for value in values if (count := len(self._with(slices, name, value, once)))}
        left: dict[Any, set[int]] = {}
        for option, _price in self._within_range(self._priced(slices) if self._in_use else self._priced_open):
            for value in self._values[id(option)][name]:
                left.setdefault(value, set()).add(once(option))
        return {value: len(each) for value, each in left.items()}

    def _with(
        self, slices: Sequence[Sequence[Option]], name: str, value: Any, once: Callable[[Option], int]
    ) -> set[int]:
        with_value = [
            [option for option in options if value in self._values[id(option)][name]] if index >= self.at else options
            for index, options in enumerate(slices)
        ]
        return {once(option) for option, _price in self._within_range(self._priced(with_value))}

    @cached_property
    def _values(self) -> dict[int, Mapping[str, Iterable[Any]]]:
        return {
            id(option): {**values_of_way(traits_of(option.itinerary)), **self._values_of_family[option.family]}
            for options in self.slices[self.at :]
            for option in options
        }

    @cached_property
    def _values_of_family(self) -> dict[int, Mapping[str, Iterable[Any]]]:
        return {pk: values_of_family(family) for pk, family in self.families.items()}

    @cached_property
    def _prices(self) -> tuple[int | None, int | None]:
        """The range of prices wanted, in hundredths."""
        least, most = (
            None if price is None else hundredths(price) for price in (self.filters.min_price, self.filters.max_price)
        )
        return least, most

    def _within_range(self, priced: list[tuple[Option, int]]) -> list[tuple[Option, int]]:
        if self._prices == (None, None):
            return priced
        return [(option, price) for option, price in priced if self._costs_enough(price)]

    def _costs_enough(self, price: int) -> bool:
        least, most = self._prices
        return (least is None or least <= price) and (most is None or price <= most)


def _price(option: Option) -> int:
    return option.price


def _way(option: Option) -> int:
    """What the fare families of a way to fly share."""
    return id(option.itinerary)


def _priced_by(cost: Cost, options: Iterable[Option]) -> list[tuple[int, Option]]:
    return [(cost(option), option) for option in options]


def _range(values: Sequence[int]) -> tuple[int, int] | None:
    return (min(values), max(values)) if values else None
