"""Patterns of the timetable: what they say, which days they fly, and how they are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from airlines.models import Airplane, AirplaneType, Airport, FareFamily, Schedule, ScheduleAirplane, ScheduleFare
from airlines.models.schedules import DAILY, unchanged
from flights_project.lib import clock

ONE_DAY = timedelta(days=1)
ROWS_AT_ONCE = 2000


class PatternFare(NamedTuple):
    """What a family in a cabin starts from, for one adult without taxes."""

    cabin: str
    family: FareFamily
    reference: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What a schedule says, to be compared, changed in part and tried before it is kept.

    Times are by the clock of each airport; `day_offset` is in days; `days` are digits from 1 for Monday. `airplanes`
    take turns by the day of departure; where there are none, any of the type that is free flies it.
    """

    number: str
    origin: Airport
    destination: Airport
    departs: time
    arrives: time
    starts_on: date
    airplane_type: AirplaneType
    day_offset: int = 0
    days: str = DAILY
    ends_on: date | None = None
    origin_terminal: str = ""
    destination_terminal: str = ""
    weekday_percents: tuple[int, ...] = tuple(unchanged())
    floor_percent: int | None = None
    ceiling_percent: int | None = None
    airplanes: tuple[Airplane, ...] = ()
    fares: tuple[PatternFare, ...] = ()

    def days_flown(self, first: date, last: date) -> Iterator[date]:
        """The days from `first` to `last` that it leaves on."""
        day, last = max(first, self.starts_on), min(last, self.ends_on or last)
        while day <= last:
            if str(day.isoweekday()) in self.days:
                yield day
            day += ONE_DAY

    def flies_on(self, day: date) -> bool:
        return any(self.days_flown(day, day))

    def times_on(self, day: date) -> tuple[datetime, datetime]:
        """The instants of departure and arrival of the flight that leaves on `day`."""
        return (
            clock.local_to_utc(day, self.departs, self.origin.zone),
            clock.local_to_utc(day + self.day_offset * ONE_DAY, self.arrives, self.destination.zone),
        )

    def airplane_on(self, day: date) -> Airplane | None:
        return self.airplanes[day.toordinal() % len(self.airplanes)] if self.airplanes else None


ROWS_OF_THEIR_OWN = frozenset({"airplanes", "fares", "weekday_percents"})
COLUMNS = tuple(field.name for field in fields(Pattern) if field.name not in ROWS_OF_THEIR_OWN)


def pattern_of(schedule: Schedule) -> Pattern:
    """What a schedule says; cheap where it comes from `with_pattern`."""
    return Pattern(
        **{name: getattr(schedule, name) for name in COLUMNS},
        weekday_percents=tuple(schedule.weekday_percents),
        airplanes=tuple(row.airplane for row in schedule.rotation.all()),
        fares=tuple(PatternFare(row.cabin, row.family, row.reference_amount) for row in schedule.fares.all()),
    )


def check(pattern: Pattern) -> Schedule:
    """The schedule that says this, not kept. Raises ValidationError that names each field; asks no database."""
    schedule = Schedule(**_columns(pattern))
    schedule.clean_fields(exclude=["origin", "destination", "airplane_type"])
    faults = _faults(pattern)
    if faults:
        raise ValidationError(faults)
    return schedule


def _columns(pattern: Pattern) -> dict[str, Any]:
    return {name: getattr(pattern, name) for name in COLUMNS} | {"weekday_percents": list(pattern.weekday_percents)}


def _faults(pattern: Pattern) -> dict[str, list[str]]:
    """What no field knows by itself."""
    faults: dict[str, list[str]] = {}
    if pattern.origin == pattern.destination:
        faults["destination"] = [_("A flight joins two different airports.")]
    if pattern.ends_on and pattern.ends_on < pattern.starts_on:
        faults["ends_on"] = [_("The last day is not before the first.")]
    departs_at, arrives_at = pattern.times_on(pattern.starts_on)
    if not departs_at < arrives_at <= departs_at + ONE_DAY:
        faults["arrives"] = [_("A flight arrives after it departs, and within a day.")]
    strangers = [each.registration for each in pattern.airplanes if each.model != pattern.airplane_type.name]
    if strangers:
        faults["airplanes"] = [
            _("%(airplane)s is not of the type %(type)s.") % {"airplane": strangers[0], "type": pattern.airplane_type}
        ]
    if len(pattern.weekday_percents) != len(DAILY):
        faults["weekday_percents"] = [_("Seven percentages, from Monday to Sunday.")]
    if any(fare.reference < 0 for fare in pattern.fares):
        faults["fares"] = [_("A fare is not negative.")]
    keys = [(fare.cabin, fare.family) for fare in pattern.fares]
    if len(set(keys)) < len(keys):
        faults["fares"] = [_("This cabin has this fare family twice.")]
    return faults


@transaction.atomic
def add_schedule(pattern: Pattern) -> Schedule:
    """A new pattern; its flights are made by `flight_making`. Raises ValidationError that names each field."""
    schedule = check(pattern)
    schedule.validate_constraints()
    schedule.save()
    _write_rows([(schedule, pattern)])
    return schedule


@contextmanager
def met_at_the_end() -> Iterator[None]:
    """Whether schedules meet is looked at when all within are written, so that some may swap their days. Raises
    IntegrityError then; to be used within a transaction."""
    names = ", ".join(f"schedule_once_on_day_{day}" for day in DAILY)
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")
        yield
        cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")


@transaction.atomic
def add_schedules(patterns: list[Pattern]) -> list[Schedule]:
    """Many new patterns that were checked, in a few statements. Raises IntegrityError where two of them meet."""
    schedules = Schedule.objects.bulk_create(
        (Schedule(**_columns(pattern)) for pattern in patterns), batch_size=ROWS_AT_ONCE
    )
    _write_rows(list(zip(schedules, patterns, strict=True)))
    return schedules


@transaction.atomic
def write_pattern(schedule: Schedule, pattern: Pattern) -> None:
    """The schedule says this from now on; what becomes of its flights is its caller's. Raises ValidationError."""
    check(pattern)
    _say(schedule, pattern)
    schedule.validate_constraints()
    write_patterns([(schedule, pattern)])


@transaction.atomic
def write_patterns(kept: list[tuple[Schedule, Pattern]]) -> None:
    """As `write_pattern` for many that were checked, in a few statements. Raises IntegrityError where two meet."""
    for schedule, pattern in kept:
        _say(schedule, pattern)
    Schedule.objects.bulk_create(
        (schedule for schedule, _pattern in kept),
        batch_size=ROWS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[*COLUMNS, "weekday_percents"],
    )  # all of them are there, so all are changed; `bulk_update` would name each row for each column
    keys = [schedule.pk for schedule, _pattern in kept]
    ScheduleAirplane.objects.filter(schedule__in=keys).delete()
    ScheduleFare.objects.filter(schedule__in=keys).delete()
    _write_rows(kept)


def _say(schedule: Schedule, pattern: Pattern) -> None:
    for name, value in _columns(pattern).items():
        setattr(schedule, name, value)


def _write_rows(kept: list[tuple[Schedule, Pattern]]) -> None:
    ScheduleAirplane.objects.bulk_create(
        (
            ScheduleAirplane(schedule=schedule, position=position, airplane=airplane)
            for schedule, pattern in kept
            for position, airplane in enumerate(pattern.airplanes)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    ScheduleFare.objects.bulk_create(
        (
            ScheduleFare(schedule=schedule, cabin=cabin, family=family, reference_amount=reference)
            for schedule, pattern in kept
            for cabin, family, reference in pattern.fares
        ),
        batch_size=ROWS_AT_ONCE,
    )
