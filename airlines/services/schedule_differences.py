"""What a change of a schedule means for its flights: which are new, which fly otherwise, which fly no more.

It says what should become of each, and changes nothing; who flies on them is known to `bookings`, which does it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.db.models import prefetch_related_objects

from airlines.models import Airplane, Flight, FlightCabin, Schedule
from airlines.services.flight_making import Departure, assign, horizon
from airlines.services.schedule_conflicts import (
    LOOK_AROUND,
    Conflict,
    Flown,
    conflicts_among,
    flown_between,
    flown_by,
    turnarounds_by_model,
)
from airlines.services.schedules import Pattern, pattern_of
from flights_project.lib import clock


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a flight should be."""

    departs_at: datetime
    arrives_at: datetime
    airplane: Airplane
    origin_terminal: str
    destination_terminal: str

    def differs_in(self, flight: Flight) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if getattr(flight, name) != (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Difference:
    """A day on which something changes: no `flight` is there yet, or it should be none any more (`wanted` is None)."""

    day: date
    flight: Flight | None
    wanted: Wanted | None
    by_hand: bool = False
    """The flight has other times than its schedule said: somebody moved it."""


Handed = dict[date, Pattern]
"""Of the flights that a schedule takes over from others, by day: what the schedule said that made them."""


def hand_over(
    changes: Collection[tuple[Schedule, Pattern | None]], flights: dict[int, list[Flight]], *, now: datetime
) -> dict[int, Handed]:
    """Where schedules that change together swap days, a flight of a day that one gives up stays, and becomes the
    other's that flies it from then on: it is moved within `flights`, the lists by schedule (its id). Returns what was
    handed to each schedule."""
    takers: dict[tuple[str, int, int], list[tuple[Schedule, Pattern]]] = {}
    for schedule, becomes in changes:
        if becomes is not None:
            takers.setdefault(_way(schedule), []).append((schedule, becomes))
    handed: dict[int, Handed] = {}
    for giver, becomes in changes:
        others = [each for each in takers.get(_way(giver), ()) if each[0] != giver]
        if not others:
            continue
        was = pattern_of(giver)
        for flight in _given_up(flights[giver.pk], becomes, now):
            taker = _taker(others, flight.departs_on, now)
            if taker is not None:
                flights[giver.pk].remove(flight)
                flights[taker.pk].append(flight)
                handed.setdefault(taker.pk, {})[flight.departs_on] = was
    return handed


def _way(schedule: Schedule) -> tuple[str, int, int]:
    return schedule.number, schedule.origin_id, schedule.destination_id


def _given_up(flights: Iterable[Flight], becomes: Pattern | None, now: datetime) -> list[Flight]:
    left = [flight for flight in flights if not (becomes and becomes.flies_on(flight.departs_on))]
    return [flight for flight in left if _can_change(flight, now)]


def _taker(others: Iterable[tuple[Schedule, Pattern]], day: date, now: datetime) -> Schedule | None:
    """The one whose flights are made for that day, and that will fly it."""
    return next(
        (
            schedule
            for schedule, becomes in others
            if becomes.flies_on(day) and day <= (schedule.made_until or horizon(now))
        ),
        None,
    )


def _can_change(flight: Flight, now: datetime) -> bool:
    return flight.status in Flight.FOR_SALE and flight.departs_at > now


def differences(
    schedule: Schedule,
    was: Pattern | None,
    becomes: Pattern | None,
    flights: Iterable[Flight],
    *,
    now: datetime,
    handed: Mapping[date, Pattern] = MappingProxyType({}),
) -> list[Difference]:
    """Day by day, what is to change of the schedule's `flights` for it to say what it `becomes`; None: it ends.

    `was` is what it says now, None for a new one; `handed` what those said that made the flights of some
    days. Flights that have left or are cancelled stay as they are; where staff have taken one out, none is made again.
    Raises FlightConflict where no airplane is of the type.
    """
    if schedule.made_until is None:  # nothing was made, so nothing was taken out
        was = None
    there = {flight.departs_on: flight for flight in flights}
    departures = {each.day: each for each in _departures(schedule, becomes, now)}
    made_by = {day: handed.get(day, was) for day in sorted({*there, *departures})}
    airplanes = _airplanes(made_by, departures, there)
    changed = (
        _difference(day, there.get(day), _wanted(departures.get(day), airplanes.get(day)), pattern, now)
        for day, pattern in made_by.items()
    )
    return [each for each in changed if each]


def _departures(schedule: Schedule, becomes: Pattern | None, now: datetime) -> Iterator[Departure]:
    """What the new pattern flies of the days that flights were made for already, or of all until the horizon."""
    if becomes is None:
        return
    today = clock.local_date(now, becomes.origin.zone)
    for day in becomes.days_flown(today, schedule.made_until or horizon(now)):
        departure = Departure.of(schedule, becomes, day)
        if departure.departs_at > now:
            yield departure


def _airplanes(
    made_by: Mapping[date, Pattern | None], departures: dict[date, Departure], there: dict[date, Flight]
) -> dict[date, Airplane]:
    """A flight keeps its airplane unless the schedule now says another, or another type."""
    kept = {}
    for day, departure in departures.items():
        flight, was, becomes = there.get(day), made_by[day], departure.pattern
        same = not becomes.airplanes or (was is not None and becomes.airplanes == was.airplanes)
        if flight and same and flight.airplane.model == becomes.airplane_type.name:
            kept[day] = flight.airplane
    others = [departure for day, departure in departures.items() if day not in kept]
    return kept | dict(zip([each.day for each in others], assign(others), strict=True))


def _wanted(departure: Departure | None, airplane: Airplane | None) -> Wanted | None:
    if departure is None or airplane is None:
        return None
    pattern = departure.pattern
    return Wanted(
        departure.departs_at, departure.arrives_at, airplane, pattern.origin_terminal, pattern.destination_terminal
    )


def _difference(
    day: date, flight: Flight | None, wanted: Wanted | None, was: Pattern | None, now: datetime
) -> Difference | None:
    if flight is None:
        taken_out = was is not None and was.flies_on(day)
        return None if taken_out else Difference(day, None, wanted)
    if not _can_change(flight, now):
        return None
    by_hand = was is not None and (flight.departs_at, flight.arrives_at) != was.times_on(day)
    if wanted is None or wanted.differs_in(flight):
        return Difference(day, flight, wanted, by_hand)
    return None


Changed = tuple[Pattern, Difference]
"""A day on which the flight of a pattern changes."""


def conflicts_after(changes: Collection[Changed], *, until: datetime | None = None) -> list[Conflict]:
    """What cannot be flown once `changes` are made, of what they make or move and of what was not so before.

    With `until`, of departures before it: an airplane's flights are looked at in order, and what comes later is in the
    way of none before.
    """
    new = _before(until, (_flown(pattern, each.day, each.wanted) for pattern, each in changes if each.wanted))
    old = _before(until, (flown_by(each.flight) for _pattern, each in changes if each.flight))
    if not (new or old):
        return []
    there = _around([*new, *old], until)
    turnarounds = turnarounds_by_model()
    gone = {each.flight for each in old}
    before = {_key(conflict) for conflict in conflicts_among(there, turnarounds)}
    after = conflicts_among([*(each for each in there if each.flight not in gone), *new], turnarounds)
    made = {(each.number, each.departs_on) for each in new}
    return [conflict for conflict in after if conflict.concerns(made) or _key(conflict) not in before]


def _before(until: datetime | None, flown: Iterable[Flown]) -> list[Flown]:
    return [each for each in flown if until is None or each.departs_at < until]


def _flown(pattern: Pattern, day: date, wanted: Wanted) -> Flown:
    ends = pattern.origin, pattern.destination
    return Flown(pattern.number, wanted.airplane, *ends, wanted.departs_at, wanted.arrives_at, day)


def _around(flown: Collection[Flown], until: datetime | None) -> list[Flown]:
    """All that the airplanes of these flights fly around their times."""
    airplanes = {each.airplane.pk for each in flown}
    first = min(each.departs_at for each in flown) - LOOK_AROUND
    last = max(each.departs_at for each in flown) + LOOK_AROUND
    return flown_between(first, min(last, until or last), airplane__in=airplanes)


def _key(conflict: Conflict) -> tuple[object, ...]:
    before = conflict.before
    named = [(each.number, each.departs_on) for each in (conflict.flown, before) if each]
    return conflict.kind, *named


def flights_of(schedules: Mapping[Schedule, date], *, now: datetime, lock: bool) -> dict[int, list[Flight]]:
    """The coming flights of each schedule (its id) from a local day on, in a number of queries that does not grow.

    Locked, then their cabins, so that nobody holds or buys seats meanwhile.
    """
    flights = Flight.objects.filter(
        schedule__in=schedules, departs_on__gte=min(schedules.values()), departs_at__gt=now
    ).order_by("pk")
    if lock:
        flights = flights.select_for_update(of=("self",), no_key=True)
    by_schedule: dict[int, list[Flight]] = {schedule.pk: [] for schedule in schedules}
    first = {schedule.pk: day for schedule, day in schedules.items()}
    found = [flight for flight in flights if flight.departs_on >= first[flight.schedule_id or 0]]
    if lock:
        list(FlightCabin.objects.filter(flight__in=found).locked())
        prefetch_related_objects(found, "cabins")
    _know_places(found, schedules)
    for flight in found:
        by_schedule[flight.schedule_id or 0].append(flight)
    return by_schedule


def _know_places(flights: Collection[Flight], schedules: Iterable[Schedule]) -> None:
    """A flight leaves from where its schedule does; airplanes are few."""
    by_key = {schedule.pk: schedule for schedule in schedules}
    airplanes = Airplane.objects.in_bulk({flight.airplane_id for flight in flights})
    for flight in flights:
        schedule = by_key[flight.schedule_id or 0]
        flight.origin, flight.destination = schedule.origin, schedule.destination
        flight.airplane = airplanes[flight.airplane_id]
