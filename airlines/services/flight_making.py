"""Flights out of schedules: for every day until the horizon, once.

A schedule knows the last day that flights were made for, and is locked while they are made. So a day is made once
whoever makes it, and a flight that staff have taken out stays out. What is there already under the same number, from
the same airport on the same day, stays as it is and becomes the schedule's.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from airlines.exceptions import FlightConflict
from airlines.models import Airplane, FareFamily, Flight, FlightCabin, FlightFare, Schedule
from airlines.services.announcements import announce
from airlines.services.changes import status_of
from airlines.services.fleet import seats_for_sale
from airlines.services.pricing_rules import Rule, Rung, Situation, days_left, price_ladder
from airlines.services.repricing import rules_in_use
from airlines.services.routes import keep_routes
from airlines.services.schedule_conflicts import (
    LOOK_AROUND,
    Flown,
    conflicts_among,
    flown_between,
    turnarounds_by_model,
)
from airlines.services.schedules import ONE_DAY, Pattern, pattern_of
from flights_project.lib import clock
from flights_project.lib.calls import Call
from flights_project.lib.money import rounded

log = structlog.get_logger(__name__)

MAKING = Call(task="airlines.tasks.make_flights", round_seconds=3600)

SCHEDULES_AT_ONCE = 20
"""In one transaction: about 2,500 flights when they are new."""
BATCH = 5000


@dataclass(frozen=True, slots=True)
class Departure:
    """One flight to be made."""

    schedule: Schedule
    pattern: Pattern
    day: date
    departs_at: datetime
    arrives_at: datetime

    @classmethod
    def of(cls, schedule: Schedule, pattern: Pattern, day: date) -> Self:
        return cls(schedule, pattern, day, *pattern.times_on(day))

    @property
    def key(self) -> tuple[str, int, date]:
        return self.pattern.number, self.pattern.origin.pk, self.day


def horizon(now: datetime) -> date:
    """The last day that flights are made for."""
    return now.date() + settings.SCHEDULE_HORIZON - ONE_DAY


def make_flights(*, now: datetime, until: date | None = None) -> int:
    """Make what is not made yet until the horizon; returns how many flights.

    In transactions of a few schedules each: what was made stays made.
    """
    until = until or horizon(now)
    return sum(_make_batch(batch, until, now) for batch in batches_due(until))


def make_for(seconds: float, *, now: datetime) -> tuple[int, bool]:
    """As `make_flights`, beginning no batch after so many `seconds`; also returns whether all are made."""
    ends, made = time.monotonic() + seconds, 0
    for batch in batches_due(horizon(now)):
        if time.monotonic() > ends:
            return made, False
        made += _make_batch(batch, horizon(now), now)
    return made, True


def make_soon() -> None:
    """After commit, have flights made."""
    transaction.on_commit(MAKING.out, robust=True)


def batches_due(until: date) -> Iterator[list[int]]:
    """The schedules (ids) with days to make, a few at a time."""
    waiting = sorted(Schedule.objects.due(until).values_list("pk", flat=True))
    for start in range(0, len(waiting), SCHEDULES_AT_ONCE):
        yield waiting[start : start + SCHEDULES_AT_ONCE]


def _make_batch(schedules: Sequence[int], until: date, now: datetime) -> int:
    """One that cannot be made keeps no other from being made: it is told in the log, and tried in the next round."""
    try:
        with transaction.atomic():
            flights = make_some(schedules, until=until, now=now)
            announce(status_of(flight) for flight in flights)
    except FlightConflict as conflict:
        if len(schedules) == 1:
            log.warning("flights_not_made", schedule=schedules[0], reason=str(conflict))
            return 0
        return sum(_make_batch([schedule], until, now) for schedule in schedules)
    return len(flights)


def make_some(schedules: Collection[int], *, until: date, now: datetime) -> list[Flight]:
    """As `make_flights`, of these in the running transaction; nobody is told.

    Raises FlightConflict where somebody puts in one of the flights by hand at this moment, or no airplane is of the
    type.
    """
    locked = lock_due(schedules, until)
    departures = [
        Departure.of(schedule, pattern, day)
        for schedule in locked
        for pattern in [pattern_of(schedule)]
        for day in pattern.days_flown(_first_day(schedule, pattern, now), until)
    ]
    flights = make_departures(departures, now=now)
    Schedule.objects.filter(pk__in=[schedule.pk for schedule in locked]).update(made_until=until)
    return flights


def lock_due(schedules: Collection[int], until: date) -> list[Schedule]:
    """Those of `schedules` that still have days to make, locked in primary-key order."""
    due = Schedule.objects.due(until).filter(pk__in=schedules).locked()
    return list(due.with_pattern())


def _first_day(schedule: Schedule, pattern: Pattern, now: datetime) -> date:
    """The day after the last that was made; nothing is made for today's hours that have passed."""
    today = clock.local_date(now, pattern.origin.zone)
    return max(today, schedule.made_until + ONE_DAY) if schedule.made_until else today


def make_departures(departures: Collection[Departure], *, now: datetime) -> list[Flight]:
    """Their flights with inventory and fares, priced by the rules of now; those that are there become theirs."""
    ahead = [each for each in departures if each.departs_at > now]
    there = _there(ahead)
    _adopt(ahead, there)
    missing = [each for each in ahead if each.key not in there]
    if not missing:
        return []
    flights = _fly(missing)
    try:
        with transaction.atomic():
            Flight.objects.bulk_create(flights, BATCH)
    except IntegrityError as error:
        raise FlightConflict from error
    keep_routes((flight.origin_id, flight.destination_id) for flight in flights)
    _put_on_sale(flights, [each.pattern for each in missing], now)
    return flights


def _there(departures: Collection[Departure]) -> dict[tuple[str, int, date], Flight]:
    days = [each.day for each in departures]
    if not days:
        return {}
    numbers = {each.pattern.number for each in departures}
    flights = Flight.objects.filter(number__in=numbers, departs_on__range=(min(days), max(days)))
    return {(flight.number, flight.origin_id, flight.departs_on): flight for flight in flights}


def _adopt(departures: Iterable[Departure], there: Mapping[tuple[str, int, date], Flight]) -> None:
    """Flights that were there before their schedule become its own."""
    adopted = []
    for each in departures:
        flight = there.get(each.key)
        if flight and flight.schedule_id is None and flight.destination_id == each.pattern.destination.pk:
            flight.schedule = each.schedule
            adopted.append(flight)
    Flight.objects.bulk_update(adopted, ["schedule"], batch_size=BATCH)


def _fly(departures: Collection[Departure]) -> list[Flight]:
    """Their flights, not saved, each with its airplane."""
    airplanes = assign(departures)
    return [
        Flight(
            schedule=each.schedule,
            number=each.pattern.number,
            airplane=airplane,
            origin=each.pattern.origin,
            destination=each.pattern.destination,
            departs_at=each.departs_at,
            arrives_at=each.arrives_at,
            departs_on=each.day,
            origin_terminal=each.pattern.origin_terminal,
            destination_terminal=each.pattern.destination_terminal,
        )
        for each, airplane in zip(departures, airplanes, strict=True)
    ]


# --- Which airplane -------------------------------------------------------------------------------------------------


def assign(departures: Collection[Departure]) -> list[Airplane]:
    """The airplane of each: the pattern's own, else one of the type that can fly it, in order of departure."""
    chosen = {each.key: each.pattern.airplane_on(each.day) for each in departures}
    open_ones = sorted((each for each in departures if not chosen[each.key]), key=_in_order)
    if open_ones:
        fleet = _Fleet(open_ones, [_flown(each, airplane) for each in departures if (airplane := chosen[each.key])])
        for each in open_ones:
            chosen[each.key] = fleet.take(each)
    return [airplane for each in departures if (airplane := chosen[each.key])]


def _in_order(each: Departure) -> tuple[datetime, str]:
    return each.departs_at, each.pattern.number


def _flown(each: Departure, airplane: Airplane) -> Flown:
    pattern = each.pattern
    return Flown(
        pattern.number, airplane, pattern.origin, pattern.destination, each.departs_at, each.arrives_at, each.day
    )


class _Fleet:
    """What the airplanes of some types fly already around the days of `departures`."""

    def __init__(self, departures: Collection[Departure], planned: Iterable[Flown]) -> None:
        models = {each.pattern.airplane_type.name for each in departures}
        starts = [each.departs_at for each in departures]
        there = flown_between(min(starts) - LOOK_AROUND, max(starts) + LOOK_AROUND, airplane__model__in=models)
        self.turnarounds = turnarounds_by_model()
        self.airplanes: dict[str, list[Airplane]] = {}
        for airplane in Airplane.objects.filter(model__in=models).order_by("registration"):
            self.airplanes.setdefault(airplane.model, []).append(airplane)
        self.flown: dict[int, list[Flown]] = {}
        for each in [*there, *planned]:
            self.flown.setdefault(each.airplane.pk, []).append(each)

    def take(self, departure: Departure) -> Airplane:
        """The first of the type with the fewest conflicts. Raises FlightConflict where there is none of the type."""
        kind = departure.pattern.airplane_type
        candidates = self.airplanes.get(kind.name)
        if not candidates:
            raise FlightConflict(f"There is no airplane of the type {kind}.")
        best = min(candidates, key=lambda airplane: self._conflicts(departure, airplane))
        self.flown.setdefault(best.pk, []).append(_flown(departure, best))
        return best

    def _conflicts(self, departure: Departure, airplane: Airplane) -> int:
        new = _flown(departure, airplane)
        near = [
            each for each in self.flown.get(airplane.pk, ()) if abs(each.departs_at - new.departs_at) <= LOOK_AROUND
        ]
        return len(conflicts_among([*near, new], self.turnarounds)) - len(conflicts_among(near, self.turnarounds))


# --- What is sold ---------------------------------------------------------------------------------------------------


def _put_on_sale(flights: list[Flight], patterns: list[Pattern], now: datetime) -> None:
    """Cabins of the airplane become what is sold, at the pattern's fares."""
    seats = seats_for_sale({flight.airplane_id for flight in flights})
    cabins = FlightCabin.objects.bulk_create(
        (
            FlightCabin(flight=flight, cabin=cabin, capacity=capacity)
            for flight in flights
            for cabin, capacity in seats[flight.airplane_id].items()
        ),
        BATCH,
    )
    pattern_by_flight = {flight.pk: pattern for flight, pattern in zip(flights, patterns, strict=True)}
    rules = rules_in_use()
    fares = (fare for cabin in cabins for fare in _fares(cabin, pattern_by_flight[cabin.flight_id], rules, now))
    FlightFare.objects.bulk_create(fares, BATCH)


def _fares(cabin: FlightCabin, pattern: Pattern, rules: list[Rule], now: datetime) -> Iterator[FlightFare]:
    """A cabin's fares as the rules price them, the cheapest family first."""
    flight = cabin.flight
    situation = Situation(
        cabin=cabin.cabin,
        origin=flight.origin_id,
        destination=flight.destination_id,
        load_percent=0,
        days_left=days_left(flight.departs_at, now),
    )
    rungs = [_rung(family.pk, reference, pattern, flight.departs_on) for family, reference in _ladder(pattern, cabin)]
    for rung, priced in zip(rungs, price_ladder(rungs, situation, rules), strict=True):
        yield FlightFare(
            flight_cabin=cabin,
            family_id=rung.family,
            amount=priced.amount,
            priced_by=FlightFare.PricedBy.RULES,
            reference_amount=rung.reference,
            floor_amount=rung.floor,
            ceiling_amount=rung.ceiling,
        )


def _ladder(pattern: Pattern, cabin: FlightCabin) -> list[tuple[FareFamily, Decimal]]:
    sold = [(fare.family, fare.reference) for fare in pattern.fares if fare.cabin == cabin.cabin]
    return sorted(sold, key=lambda pair: (pair[0].position, pair[0].pk))


def _rung(family: int, reference: Decimal, pattern: Pattern, day: date) -> Rung:
    reference = _percent(reference, pattern.weekday_percents[day.isoweekday() - 1])
    return Rung(
        fare=0,
        family=family,
        amount=reference,
        fixed=False,
        reference=reference,
        floor=None if pattern.floor_percent is None else _percent(reference, pattern.floor_percent),
        ceiling=None if pattern.ceiling_percent is None else _percent(reference, pattern.ceiling_percent),
    )


def _percent(amount: Decimal, percent: int) -> Decimal:
    return rounded(amount * percent / 100, settings.CURRENCY)
