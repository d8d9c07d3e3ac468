"""What a search leaves out, and how much each choice of a filter would leave."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from airlines.models import FareFamily
from airlines.services.connections import MOST_STOPS
from airlines.services.options import Itinerary, Option

BAND = 6 * 60
BANDS = tuple((start, start + BAND) for start in range(0, 24 * 60, BAND))
"""Parts of the day, in minutes: from, until and not included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is wanted; what is None, empty or False leaves everything.

    Hours and connection airports (`via`) are of the slice that is being chosen, the first where none is chosen yet;
    the rest is of every slice. Prices are of the whole party for the whole journey.
    """

    max_stops: int | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    depart_after: time | None = None
    depart_before: time | None = None
    arrive_after: time | None = None
    arrive_before: time | None = None
    max_duration: timedelta | None = None
    airline: str = ""
    family: str = ""
    refundable: bool = False
    bag: bool = False
    via: frozenset[int] = frozenset()
    avoid: frozenset[int] = frozenset()


Check = Callable[[Option], bool]


def checks(filters: Filters, families: Mapping[int, FareFamily], *, is_chosen_now: bool) -> dict[str, Check]:
    """The filters in use, each under the name of its dimension, but for prices."""
    in_use: dict[str, Check] = {}
    if filters.max_stops is not None:
        most = filters.max_stops
        in_use["max_stops"] = lambda option: option.itinerary.stops <= most
    if filters.max_duration is not None:
        longest = filters.max_duration.total_seconds()
        in_use["max_duration"] = lambda option: option.itinerary.duration <= longest
    if filters.airline:
        in_use["airline"] = lambda option: option.itinerary.airlines == (filters.airline,)
    if filters.avoid:
        in_use["avoid"] = lambda option: filters.avoid.isdisjoint(option.itinerary.connections)
    in_use |= _family_checks(filters, families)
    return in_use | _checks_of_the_slice(filters) if is_chosen_now else in_use


def _family_checks(filters: Filters, families: Mapping[int, FareFamily]) -> dict[str, Check]:
    in_use: dict[str, Check] = {}
    if filters.family:
        in_use["family"] = lambda option: families[option.family].code == filters.family
    if filters.refundable:
        in_use["refundable"] = lambda option: families[option.family].refund_percent > 0
    if filters.bag:
        in_use["bag"] = lambda option: families[option.family].checked_bag_kg > 0
    return in_use


def _checks_of_the_slice(filters: Filters) -> dict[str, Check]:
    in_use: dict[str, Check] = {}
    if filters.via:
        in_use["via"] = lambda option: not filters.via.isdisjoint(option.itinerary.connections)
    leaves = _minutes(filters.depart_after, filters.depart_before)
    lands = _minutes(filters.arrive_after, filters.arrive_before)
    if leaves:
        in_use["depart"] = lambda option: leaves[0] <= option.itinerary.leaves <= leaves[1]
    if lands:
        in_use["arrive"] = lambda option: lands[0] <= option.itinerary.lands <= lands[1]
    return in_use


def _minutes(after: time | None, before: time | None) -> tuple[int, int] | None:
    if after is None and before is None:
        return None
    first, last = after or time.min, before or time.max
    return first.hour * 60 + first.minute, last.hour * 60 + last.minute


@dataclass(frozen=True, slots=True)
class Counts:
    """How many options of the slice being chosen each value of a filter would leave, all other filters applied.

    Keys are the values: a number of stops, an airline's designator, a family's code, True, the primary key of an
    airport, an index of BANDS. `prices` and `durations` are the least and the most (hundredths; seconds), without
    those filters.
    """

    by_filter: Mapping[str, Mapping[Any, int]]
    prices: tuple[int, int] | None
    durations: tuple[int, int] | None


Traits = tuple[int, tuple[str, ...], tuple[int, ...], int, int]
"""What counts ask of a way to fly: many ways share it."""


def traits_of(itinerary: Itinerary) -> Traits:
    """Stops, airlines, connections, and the bands of the hours that it leaves and lands in."""
    return (
        itinerary.stops,
        itinerary.airlines,
        itinerary.connections,
        itinerary.leaves // BAND,
        itinerary.lands // BAND,
    )


@lru_cache(maxsize=10_000)
def values_of_way(traits: Traits) -> Mapping[str, Iterable[Any]]:
    """Under which values of each filter of flights an option with these traits is counted."""
    stops, airlines, connections, leaves, lands = traits
    return {
        "max_stops": range(stops, MOST_STOPS + 1),
        "airline": airlines if len(airlines) == 1 else (),
        "via": connections,
        "depart": (leaves,),
        "arrive": (lands,),
    }


def values_of_family(family: FareFamily) -> Mapping[str, Iterable[Any]]:
    """Under which values of each filter of conditions an option in `family` is counted."""
    return {
        "family": (family.code,),
        "refundable": (True,) if family.refund_percent else (),
        "bag": (True,) if family.checked_bag_kg else (),
    }
