"""The sheet's lines of flying on the days of a calendar.

Times of departure are local and never move; block times are of the route and the airplane. So a flight leaves at
the same local time on both sides of a daylight-saving change, and it is the arrival on the clock that shifts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from airlines.demo.fleet import TYPES, AirplaneType
from airlines.demo.lines import LINES, Line, Rotation
from airlines.demo.network import degrees_east, distance_km, places
from flights_project.lib import clock

TAXIING_AND_CLIMB = 35
"""Minutes of every block time in which the airplane is not cruising."""
WIND_SHARE = 0.03
WIND_IN_FULL_DEGREES = 30
"""The jet stream blows from the west: on a route this far east it adds the whole share to the speed."""
LONGEST_ROTATION = timedelta(days=2)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Leg:
    """One dated flight."""

    number: int
    airplane: str
    origin: str
    destination: str
    departs_at: datetime
    arrives_at: datetime
    departs_on: date


def legs_leaving(first: date, last: date) -> Iterator[Leg]:
    """All flights whose local date of departure is from `first` to `last`, the same on every call."""
    day = first - LONGEST_ROTATION
    while day <= last:
        for line in LINES:
            for leg in _flown_on(line, day):
                if first <= leg.departs_on <= last:
                    yield leg
        day += ONE_DAY


def _flown_on(line: Line, day: date) -> Iterator[Leg]:
    """A line's flights that leave its base on `day`, and their ways back; its airplanes take turns by day."""
    airplane = line.airplanes[day.toordinal() % len(line.airplanes)]
    for rotation in line.rotations:
        if day.isoweekday() in rotation.weekdays:
            yield from _out_and_back(line, rotation, airplane, day)


def _out_and_back(line: Line, rotation: Rotation, airplane: str, day: date) -> tuple[Leg, Leg]:
    base, away = line.base, rotation.destination
    kind = TYPES[line.equipment]
    leaves = clock.local_to_utc(day, rotation.leaves, places()[base].zone)
    out = _leg(rotation.number, (base, away), leaves, airplane, kind)
    ready = out.arrives_at + kind.turnaround
    if rotation.returns:
        ready = _next_on_the_clock(rotation.returns, places()[away].zone, ready)
    return out, _leg(rotation.number + 1, (away, base), ready, airplane, kind)


def _leg(number: int, route: tuple[str, str], departs_at: datetime, airplane: str, kind: AirplaneType) -> Leg:
    origin, destination = route
    return Leg(
        number=number,
        airplane=airplane,
        origin=origin,
        destination=destination,
        departs_at=departs_at,
        arrives_at=departs_at + block_time(origin, destination, kind.cruise_km_h),
        departs_on=clock.local_date(departs_at, places()[origin].zone),
    )


def _next_on_the_clock(at: time, zone: str, ready: datetime) -> datetime:
    """The first time from `ready` on that a clock in `zone` shows `at`."""
    day = clock.local_date(ready, zone)
    instant = clock.local_to_utc(day, at, zone)
    return instant if instant >= ready else clock.local_to_utc(day + ONE_DAY, at, zone)


@cache
def block_time(origin: str, destination: str, cruise_km_h: int) -> timedelta:
    """From gate to gate, to five minutes; a little longer to the west than to the east."""
    wind = WIND_SHARE * max(-1.0, min(1.0, degrees_east(origin, destination) / WIND_IN_FULL_DEGREES))
    minutes = 60 * distance_km(origin, destination) / (cruise_km_h * (1 + wind)) + TAXIING_AND_CLIMB
    return timedelta(minutes=5 * round(minutes / 5))
