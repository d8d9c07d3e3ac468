"""The price that the pricing rules give a fare, and why: line by line, without a database.

A rule takes a percentage of the fare's reference for how much of the cabin is taken, another for the days to departure,
and rounds to a price point. The fare's floor and ceiling hold in any case. Fares of a cabin form a ladder, the cheapest
family first: no rung costs less than the one below, as far as floors, ceilings and prices that staff fixed allow it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

MOST = Decimal("99999999.99")
"""No fare can cost more: it is what the database keeps."""


class Band(NamedTuple):
    """From `starts_at` (percent of the seats, or days) on, `percent` of the reference."""

    starts_at: int
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pricing rule; None matches everything. Bands are in ascending order of their start."""

    name: str
    round_to: Decimal
    load_bands: tuple[Band, ...] = ()
    days_bands: tuple[Band, ...] = ()
    cabin: str | None = None
    family: int | None = None
    origin: int | None = None
    destination: int | None = None


class Situation(NamedTuple):
    """What of a cabin on a flight its prices depend on; airports by primary key."""

    cabin: str
    origin: int
    destination: int
    load_percent: int
    days_left: int


class Rung(NamedTuple):
    """A fare of the cabin as it stands: fixed where staff have named its price, else moved from its reference."""

    fare: int
    family: int
    amount: Decimal
    fixed: bool
    reference: Decimal
    floor: Decimal | None = None
    ceiling: Decimal | None = None


class StepKind(StrEnum):
    """What moved a price on its way from the reference to what it costs."""

    REFERENCE = "reference"
    LOAD = "load"
    DAYS = "days"
    ROUNDED = "rounded"
    FLOOR = "floor"
    CEILING = "ceiling"
    NOT_ABOVE_DEARER = "not_above_dearer"
    NOT_BELOW_CHEAPER = "not_below_cheaper"
    FIXED = "fixed"


class Step(NamedTuple):
    """A line of the explanation: what happened, and the amount after it. `by` is the percentage or the price point,
    `since` where the band starts."""

    kind: StepKind
    amount: Decimal
    by: Decimal | None = None
    since: int | None = None


class PricedFare(NamedTuple):
    """What a fare costs by the rules, the rule that priced it (None where none fits), and the steps that led there."""

    fare: int
    amount: Decimal
    rule: Rule | None
    steps: tuple[Step, ...]


def price_ladder(rungs: Sequence[Rung], situation: Situation, rules: Iterable[Rule]) -> list[PricedFare]:
    """What each fare of a cabin costs in `situation`; `rungs` has the cheapest family first, `rules` the one that goes
    before the others first. The price rises or stays as the cabin fills, if the rules' load bands do (`check_bands`).
    """
    fitting = [rule for rule in rules if _fits(rule, situation)]
    highest = _highest(rungs)
    priced: list[PricedFare] = []
    for rung, at_most in zip(rungs, highest, strict=True):
        at_least = priced[-1].amount if priced else Decimal()
        priced.append(_price(rung, situation, fitting, at_least, at_most))
    return priced


def load_percent(*, taken: int, capacity: int) -> int:
    """How much of a cabin is sold or held, in whole percent rounded down; a cabin without seats is full."""
    return 100 * taken // capacity if capacity else 100


def days_left(departs_at: datetime, now: datetime) -> int:
    """Whole days to departure; none once it has gone."""
    return max((departs_at - now).days, 0)


def check_bands(bands: Iterable[tuple[int, Decimal]]) -> bool:
    """Whether a price that follows these load bands never falls as the cabin fills; below the first it is 100 %."""
    percents = [Decimal(100), *(percent for start, percent in sorted(bands) if start > 0)]
    first = [percent for start, percent in bands if start == 0]
    percents[:1] = first or percents[:1]
    return percents == sorted(percents)


def _fits(rule: Rule, situation: Situation) -> bool:
    return (
        rule.cabin in (None, situation.cabin)
        and rule.origin in (None, situation.origin)
        and rule.destination in (None, situation.destination)
    )


def _highest(rungs: Sequence[Rung]) -> list[Decimal | None]:
    """For each rung the least that one at or above it can cost at most: no cheaper family may pass it."""
    limits: list[Decimal | None] = []
    limit: Decimal | None = None
    for rung in reversed(rungs):
        own = rung.amount if rung.fixed else rung.ceiling
        limit = own if limit is None else limit if own is None else min(limit, own)
        limits.append(limit)
    return limits[::-1]


def _price(
    rung: Rung, situation: Situation, rules: Iterable[Rule], at_least: Decimal, at_most: Decimal | None
) -> PricedFare:
    if rung.fixed:
        return PricedFare(rung.fare, rung.amount, None, (Step(StepKind.FIXED, rung.amount),))
    rule = next((rule for rule in rules if rule.family in (None, rung.family)), None)
    steps = [Step(StepKind.REFERENCE, rung.reference)]
    if rule is not None:
        steps += _moved(rung.reference, rule, situation)
    amount = steps[-1].amount
    for kind, limit, is_upper in (
        (StepKind.NOT_ABOVE_DEARER, at_most, True),
        (StepKind.NOT_BELOW_CHEAPER, at_least, False),
        (StepKind.CEILING, MOST if rung.ceiling is None else rung.ceiling, True),
        (StepKind.FLOOR, rung.floor, False),
    ):
        if limit is not None and (amount > limit if is_upper else amount < limit):
            amount = limit
            steps.append(Step(_named(kind, limit, rung), amount))
    return PricedFare(rung.fare, amount, rule, tuple(steps))


def _named(kind: StepKind, limit: Decimal, rung: Rung) -> StepKind:
    """A fare's own ceiling is called so, though it bounds the cheaper families too."""
    return StepKind.CEILING if kind == StepKind.NOT_ABOVE_DEARER and limit == rung.ceiling else kind


def _moved(reference: Decimal, rule: Rule, situation: Situation) -> Iterable[Step]:
    amount = reference
    for kind, bands, value in (
        (StepKind.LOAD, rule.load_bands, situation.load_percent),
        (StepKind.DAYS, rule.days_bands, situation.days_left),
    ):
        band = next((band for band in reversed(bands) if band.starts_at <= value), None)
        if band is not None:
            amount = amount * band.percent / 100
            yield Step(kind, amount, band.percent, band.starts_at)
    rounded = to_price_point(amount, rule.round_to)
    if rounded != amount:
        yield Step(StepKind.ROUNDED, rounded, rule.round_to)


def to_price_point(amount: Decimal, step: Decimal) -> Decimal:
    """`amount` to a whole multiple of `step`, halves up; what costs something is never rounded to nothing."""
    points = (amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return step * max(points, Decimal(amount > 0))
