"""What cannot be flown as it is planned: an airplane in two places, or gone, or not ready; an airport that sleeps.

Pure calculation over flights of whichever origin: those that are there, and those that a change would make.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from airlines.models import Airplane, AirplaneType, Airport, Flight, Schedule
from flights_project.lib import clock

LOOK_AROUND = timedelta(days=2)
"""How far before and after a time the flights are that an airplane comes from and goes on to."""


class Flown(NamedTuple):
    """A flight as far as it can be in the way of another."""

    number: str
    airplane: Airplane
    origin: Airport
    destination: Airport
    departs_at: datetime
    arrives_at: datetime
    departs_on: date
    flight: int | None = None
    """Of a flight that is there; None for one that would be made."""


class Kind(TextChoices):
    TWO_PLACES = "two_places", _("the airplane is in two places")
    NOT_THERE = "not_there", _("leaves from where the airplane is not")
    TURNAROUND = "turnaround", _("too little time on the ground")
    CURFEW = "curfew", _("the airport is closed")


@dataclass(frozen=True, slots=True)
class Conflict:
    """What is wrong with a flight; `before` is the one its airplane flies before it, None for a curfew."""

    kind: Kind
    flown: Flown
    before: Flown | None = None
    airport: Airport | None = None
    minutes: int | None = None
    """On the ground, for a turnaround."""

    def concerns(self, numbers: set[tuple[str, date]]) -> bool:
        return any((each.number, each.departs_on) in numbers for each in (self.flown, self.before) if each)


def conflicts_among(flown: Iterable[Flown], turnarounds: Mapping[str, timedelta]) -> list[Conflict]:
    """All conflicts, in order of departure; `turnarounds` are by the airplane's model."""
    ordered = sorted(flown, key=lambda each: (each.airplane.pk, each.departs_at))
    found = [conflict for each in ordered for conflict in _curfews(each)]
    for _airplane, line in groupby(ordered, key=lambda each: each.airplane.pk):
        found += _along(list(line), turnarounds)
    return sorted(found, key=lambda conflict: (conflict.flown.departs_at, conflict.flown.number, conflict.kind))


def _along(line: list[Flown], turnarounds: Mapping[str, timedelta]) -> Iterator[Conflict]:
    """Of one airplane's flights in order: each beside the one before it that keeps the airplane busy the longest."""
    before: Flown | None = None
    for each in line:
        if before is not None:
            yield from _between(before, each, turnaround_of(each.airplane, turnarounds))
        if before is None or each.arrives_at >= before.arrives_at:
            before = each


def _between(before: Flown, after: Flown, turnaround: timedelta) -> Iterator[Conflict]:
    ground = after.departs_at - before.arrives_at
    if ground < timedelta(0):
        yield Conflict(Kind.TWO_PLACES, after, before)
    elif after.origin != before.destination:
        yield Conflict(Kind.NOT_THERE, after, before)
    elif ground < turnaround:
        yield Conflict(Kind.TURNAROUND, after, before, minutes=ground // timedelta(minutes=1))


def _curfews(flown: Flown) -> Iterator[Conflict]:
    for airport, instant in ((flown.origin, flown.departs_at), (flown.destination, flown.arrives_at)):
        if closed(airport, instant.astimezone(clock.zone(airport.zone)).time()):
            yield Conflict(Kind.CURFEW, flown, airport=airport)


def closed(airport: Airport, at: time) -> bool:
    """Whether the airport sleeps `at` this local time: from the beginning of its curfew until before its end."""
    start, end = airport.closed_from, airport.closed_until
    if start is None or end is None:
        return False
    return start <= at < end if start <= end else at >= start or at < end


@dataclass(slots=True)
class ConflictGroup:
    """The same conflict on one or more days; `example` is the first."""

    example: Conflict
    count: int = 0
    last: date | None = None


def grouped(conflicts: Iterable[Conflict]) -> list[ConflictGroup]:
    """By kind and flight numbers, each with how many days it has, in the order of their first days."""
    groups: dict[tuple[object, ...], ConflictGroup] = {}
    for conflict in conflicts:
        key = conflict.kind, conflict.flown.number, conflict.before and conflict.before.number, conflict.airport
        group = groups.setdefault(key, ConflictGroup(conflict))
        group.count, group.last = group.count + 1, conflict.flown.departs_on
    return list(groups.values())


def turnaround_of(airplane: Airplane, turnarounds: Mapping[str, timedelta]) -> timedelta:
    return turnarounds.get(airplane.model, settings.TURNAROUND)


def turnarounds_by_model() -> dict[str, timedelta]:
    rows = AirplaneType.objects.values_list("name", "turnaround_minutes")
    return {name: timedelta(minutes=minutes) for name, minutes in rows}


def flown_between(start: datetime, end: datetime, **conditions: Any) -> list[Flown]:
    """The flights that go and leave within these times, in one query."""
    flights = (
        Flight.objects.filter(status__in=Flight.FOR_SALE, departs_at__gte=start, departs_at__lt=end, **conditions)
        .select_related("airplane", "origin", "destination")
        .order_by("departs_at")
    )
    return [flown_by(flight) for flight in flights]


def flown_by(flight: Flight) -> Flown:
    return Flown(
        flight.number,
        flight.airplane,
        flight.origin,
        flight.destination,
        flight.departs_at,
        flight.arrives_at,
        flight.departs_on,
        flight.pk,
    )


def conflicts_of(flight: Flight) -> list[Conflict]:
    """What of a flight cannot be flown, with all that its airplane flies around it. Two queries."""
    near = flight.departs_at - LOOK_AROUND, flight.departs_at + LOOK_AROUND
    found = conflicts_among(flown_between(*near, airplane=flight.airplane_id), turnarounds_by_model())
    return [each for each in found if each.concerns({(flight.number, flight.departs_on)})]


def coming_conflicts(*, now: datetime, days: int, schedule: Schedule | None = None) -> list[Conflict]:
    """What cannot be flown of what the airline itself flies within so many days, or of this schedule's flights."""
    until = now + timedelta(days=days)
    which: dict[str, Any] = {"number__startswith": settings.AIRLINE_CODE}
    if schedule:
        which["airplane__in"] = schedule.flights.filter(departs_at__range=(now, until)).values("airplane")
    flown = flown_between(now - LOOK_AROUND, until, **which)
    found = [each for each in conflicts_among(flown, turnarounds_by_model()) if each.flown.departs_at >= now]
    if schedule is None:
        return found
    own = {(each.number, each.departs_on) for each in flown if each.number == schedule.number}
    return [each for each in found if each.concerns(own)]
