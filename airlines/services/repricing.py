"""The pricing rules at work: flights are priced again in batches, and only what changes is written.

A price depends on what is sold and on the days to departure. So a flight is due when it enters a band of days, which
is looked up by its time of departure, and soon after its seats were sold or given back. Whatever was missed is found
by the round over all days of departure. Every function may run twice, or at once with another, and does no harm.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import NamedTuple

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from airlines.models import Flight, FlightFare, PricingBand, PricingRule
from airlines.querysets import FlightFareQuerySet
from airlines.services import changes
from airlines.services.fares import NewPrice, PricedBy, set_prices
from airlines.services.pricing_rules import (
    Band,
    PricedFare,
    Rule,
    Rung,
    Situation,
    days_left,
    load_percent,
    price_ladder,
)
from flights_project.lib.feed import FeedError

log = structlog.get_logger(__name__)

FLIGHTS_AT_ONCE = 500
"""In one transaction."""
READ_UP_TO, CHANGES_AT_ONCE = "repricing.read_up_to", 5000
"""Where in the announcements of changes the last round ended, and how many one takes."""
COLUMNS = (
    "flight_cabin",
    "flight_cabin__cabin",
    "flight_cabin__flight__origin",
    "flight_cabin__flight__destination",
    "flight_cabin__seats_sold",
    "flight_cabin__seats_held",
    "flight_cabin__capacity",
    "flight_cabin__flight__departs_at",
    "pk",
    "family",
    "amount",
    "priced_by",
    "reference_amount",
    "floor_amount",
    "ceiling_amount",
)


class Ladder(NamedTuple):
    """The fares of one cabin of one flight, and what their prices depend on now."""

    situation: Situation
    rungs: list[Rung]


def rules_in_use() -> list[Rule]:
    """The pricing rules, the one that goes before the others first."""
    return [_rule(rule) for rule in PricingRule.objects.filter(in_use=True).prefetch_related("bands")]


def _rule(rule: PricingRule) -> Rule:
    bands: dict[str, list[Band]] = {measure: [] for measure in PricingBand.Measure.values}
    for band in sorted(rule.bands.all(), key=lambda band: band.starts_at):
        bands[band.measure].append(Band(band.starts_at, band.percent))
    return Rule(
        name=rule.name,
        round_to=rule.round_to,
        load_bands=tuple(bands[PricingBand.Measure.LOAD]),
        days_bands=tuple(bands[PricingBand.Measure.DAYS]),
        cabin=rule.cabin or None,
        family=rule.family_id,
        origin=rule.origin_id,
        destination=rule.destination_id,
    )


def read_ladders(fares: FlightFareQuerySet, *, now: datetime, freed: Collection[int] = ()) -> Iterator[Ladder]:
    """The cabins of `fares`, which has all fares of each of them, in one query.

    Fares (ids) that are `freed` count as priced by the rules, whoever prices them now; without a reference they move
    from what they cost.
    """
    rows = fares.order_by("flight_cabin", "family__position", "family").values_list(*COLUMNS)
    for _cabin, group in groupby(rows.iterator(chunk_size=5000), key=lambda row: row[0]):
        first, *others = group
        yield Ladder(_situation(first[1:8], now), [_rung(row[8:], freed) for row in (first, *others)])


def _situation(row: tuple[str, int, int, int, int, int, datetime], now: datetime) -> Situation:
    cabin, origin, destination, sold, held, capacity, departs_at = row
    load = load_percent(taken=sold + held, capacity=capacity)
    return Situation(cabin, origin, destination, load, days_left(departs_at, now))


def _rung(
    row: tuple[int, int, Decimal, str, Decimal | None, Decimal | None, Decimal | None], freed: Collection[int]
) -> Rung:
    fare, family, amount, priced_by, reference, floor, ceiling = row
    fixed = priced_by != PricedBy.RULES and fare not in freed
    return Rung(fare, family, amount, fixed, amount if reference is None else reference, floor, ceiling)


def reprice_flights(*, flights: Iterable[int], now: datetime) -> int:
    """Price what is on sale of these flights (ids) by the rules; returns how many fares changed.

    Fares that somebody else is changing meanwhile are left alone: the next round finds them.
    """
    rules, due = rules_in_use(), sorted(set(flights))
    batches = (due[start : start + FLIGHTS_AT_ONCE] for start in range(0, len(due), FLIGHTS_AT_ONCE))
    return sum(_reprice(batch, rules, now) for batch in batches)


@transaction.atomic
def _reprice(flights: Collection[int], rules: list[Rule], now: datetime) -> int:
    fares = FlightFare.objects.on_sale(now).filter(flight_cabin__flight__in=flights)
    prices = [
        NewPrice(rung.fare, rung.amount, PricedBy.RULES, priced.amount, PricedBy.RULES, reason_of(priced, situation))
        for situation, rungs in read_ladders(fares, now=now)
        for rung, priced in zip(rungs, price_ladder(rungs, situation, rules), strict=True)
        if priced.amount != rung.amount
    ]
    return len(set_prices(prices, wait=False))


def reason_of(priced: PricedFare, situation: Situation) -> str:
    """What the history keeps of a price by the rules: the rule, and what it saw."""
    name = priced.rule.name if priced.rule else "No rule fits"
    return f"{name}: {situation.load_percent} % taken, {situation.days_left} days to departure"


def reprice_departing(*, on: date, now: datetime) -> int:
    """Price the flights of a local day of departure; returns how many fares changed."""
    flights = Flight.objects.open_for_sale(now).filter(departs_on=on)
    return reprice_flights(flights=flights.values_list("pk", flat=True), now=now)


def days_on_sale(*, now: datetime) -> list[date]:
    """The local days on which flights leave that are on sale."""
    days = Flight.objects.open_for_sale(now).order_by("departs_on").values_list("departs_on", flat=True)
    return list(days.distinct())


def reprice_entering_bands(*, since: datetime, now: datetime) -> int:
    """Price the flights that have entered a band of days since then; returns how many fares changed."""
    starts = {band.starts_at for rule in rules_in_use() for band in rule.days_bands if band.starts_at}
    entered = Q(pk__in=[])
    for days in starts:
        ahead = timedelta(days=days)
        entered |= Q(departs_at__gte=since + ahead, departs_at__lt=now + ahead)
    flights = Flight.objects.open_for_sale(now).filter(entered)
    return reprice_flights(flights=flights.values_list("pk", flat=True), now=now)


def reprice_taken(*, now: datetime) -> int:
    """Price the flights of which seats were taken or given back since the last call; returns how many fares changed.

    It reads the announcements of changes, so that a hold does no more for it. Where those are away, or somebody else
    reads them at the same time, no harm is done: the round over all days finds what is missed.
    """
    try:
        position = cache.get(READ_UP_TO)
        last = changes.feed().position()
        news = position not in (None, last)
        entries = changes.feed().after(position, at_most=CHANGES_AT_ONCE) if news else []
    except FeedError as error:
        log.warning("changes_not_read", error=str(error))
        return 0
    read = [changes.Change.read(entry.content) for entry in entries]
    taken = {change.flight for change in read if change.kind == changes.Kind.SEATS and change.flight}
    repriced = reprice_flights(flights=taken, now=now) if taken else 0
    cache.set(READ_UP_TO, entries[-1].id if entries else last, timeout=None)
    return repriced


def prices_by_rules(*, fares: Collection[int], now: datetime) -> dict[int, tuple[PricedFare, Situation]]:
    """What these fares (ids) would cost if all of them were the rules'."""
    cabins = FlightFare.objects.filter(pk__in=fares).values("flight_cabin")
    rules = rules_in_use()
    return {
        priced.fare: (priced, situation)
        for situation, rungs in read_ladders(
            FlightFare.objects.filter(flight_cabin__in=cabins), now=now, freed=set(fares)
        )
        for priced in price_ladder(rungs, situation, rules)
        if priced.fare in fares
    }


def give_to_rules(*, fare: FlightFare, now: datetime) -> FlightFare:
    """Let the rules price a fare from now on, and at once; where it has no reference, it moves from what it costs."""
    with transaction.atomic():
        locked = FlightFare.objects.locked().get(pk=fare.pk)
        [(priced, situation)] = prices_by_rules(fares=[fare.pk], now=now).values()
        reason = reason_of(priced, situation)
        set_prices([NewPrice(fare.pk, locked.amount, locked.priced_by, priced.amount, PricedBy.RULES, reason)])
    fare.refresh_from_db()
    return fare


class Explanation(NamedTuple):
    """What the rules make of a fare, as if staff had not fixed it, and what they see."""

    priced: PricedFare
    situation: Situation


def explain_prices(*, fares: FlightFareQuerySet, now: datetime) -> dict[int, Explanation]:
    """By fare (id); `fares` has all fares of each of its cabins."""
    rules = rules_in_use()
    return {
        rung.fare: Explanation(_as_if_free(rungs, rung, situation, rules), situation)
        for situation, rungs in read_ladders(fares, now=now)
        for rung in rungs
    }


def _as_if_free(rungs: list[Rung], rung: Rung, situation: Situation, rules: list[Rule]) -> PricedFare:
    place = rungs.index(rung)
    freed = [*rungs[:place], rung._replace(fixed=False), *rungs[place + 1 :]]
    return price_ladder(freed, situation, rules)[place]


def set_limits(
    *, fare: FlightFare, reference: Decimal | None, floor: Decimal | None, ceiling: Decimal | None
) -> FlightFare:
    """What the rules move a fare from, and between what; the price stays until they next price it.

    Raises ValidationError for limits that contradict each other, and for no reference where the rules price it.
    """
    with transaction.atomic():
        locked = FlightFare.objects.locked().get(pk=fare.pk)
        locked.reference_amount, locked.floor_amount, locked.ceiling_amount = reference, floor, ceiling
        locked.full_clean(validate_unique=False)
        locked.save(update_fields=["reference_amount", "floor_amount", "ceiling_amount"])
    fare.refresh_from_db()
    return fare


def reprice_soon() -> None:
    """After commit, have everything priced: the rules have changed. Where the broker is away, the hourly round does."""
    transaction.on_commit(partial(current_app.send_task, "airlines.tasks.reprice_everything"), robust=True)


@dataclass(slots=True)
class RulesPreview:
    """What a round over all flights on sale would change: how many fares of how many, up and down, and by how much."""

    fares: int = 0
    rises: int = 0
    falls: int = 0
    change: Decimal = Decimal()
    by_rule: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[Rung, PricedFare]] = field(default_factory=list)
    """The first ones, by time of departure."""


EXAMPLES = 20


def preview_rules(*, now: datetime) -> RulesPreview:
    """What the rules as they stand would change now. It writes nothing."""
    rules, preview = rules_in_use(), RulesPreview()
    for situation, rungs in read_ladders(FlightFare.objects.on_sale(now), now=now):
        for rung, priced in zip(rungs, price_ladder(rungs, situation, rules), strict=True):
            preview.fares += not rung.fixed
            _count(preview, rung, priced)
    return preview


def _count(preview: RulesPreview, rung: Rung, priced: PricedFare) -> None:
    difference = priced.amount - rung.amount
    if not difference:
        return
    preview.rises += difference > 0
    preview.falls += difference < 0
    preview.change += difference
    preview.by_rule[priced.rule.name if priced.rule else ""] += 1
    if len(preview.examples) < EXAMPLES:
        preview.examples.append((rung, priced))
