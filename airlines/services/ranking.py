"""In which order journeys are shown. Each sort is a cost of options that adds up over the slices of a journey."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from airlines.services.options import Option


class Sort(StrEnum):
    BEST = "best"
    PRICE = "price"
    DURATION = "duration"
    DEPARTURE = "departure"
    ARRIVAL = "arrival"


HOUR, STOP, NIGHT = 100, 50, 30
"""What an hour of travel, a stop, and an end at night (23:00 to 05:59) are worth in `best`: thousandths of the cheapest
journey's price."""
WHOLE = 1000
"""A hundredth of the currency in the costs of `best` and `price`."""
WIDEST_INSTANT = 40
"""Bits that hold any instant in seconds."""

Cost = Callable[[Option], int]


def best_score(option: Option, cheapest: int) -> int:
    """What an option costs with its discomforts counted as money, in thousandths of a hundredth of the currency.

    `cheapest` is the price of the cheapest journey found. An hour of travel counts as a tenth of it, so that two hours
    are saved for a fifth more; a stop as a twentieth beside the hours that it takes; leaving or landing at night as
    three hundredths each.
    """
    itinerary = option.itinerary
    discomfort = HOUR * itinerary.duration // 3600 + STOP * itinerary.stops + NIGHT * itinerary.nights
    return option.price * WHOLE + cheapest * discomfort


def costs(sort: Sort, *, slices: int, cheapest: int) -> Sequence[Cost]:
    """For each slice the cost of its options. Departure and arrival are compared slice by slice: an earlier slice
    outweighs all later ones."""
    match sort:
        case Sort.BEST:
            return [lambda option: best_score(option, cheapest)] * slices
        case Sort.PRICE:
            return [lambda option: option.price * WHOLE] * slices
        case Sort.DURATION:
            return [lambda option: option.itinerary.duration] * slices
    instant = _departs if sort == Sort.DEPARTURE else _arrives
    return [_outweighing(instant, slices - 1 - index) for index in range(slices)]


def _departs(option: Option) -> int:
    return option.departs


def _arrives(option: Option) -> int:
    return option.arrives


def _outweighing(cost: Cost, later_slices: int) -> Cost:
    return lambda option: cost(option) << (WIDEST_INSTANT * later_slices)
