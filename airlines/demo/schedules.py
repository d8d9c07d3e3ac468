"""The sheet as schedules: a pattern for each flight number, and a new one where it lands at another local time.

Departures keep their local time all year and block times are of the route, so that it is the local arrival that
daylight saving moves. As airlines do, such a flight gets a pattern for each season.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import groupby

from django.conf import settings

from airlines.demo.fares import CEILING_PERCENT, FLOOR_PERCENT, WEEKDAY_PERCENTS, Departure, reference_fares
from airlines.demo.fleet import REGISTRATION, registrations
from airlines.demo.network import places, terminals
from airlines.demo.timetable import ONE_DAY, Leg, legs_leaving
from airlines.models import Airplane, AirplaneType, Airport, CabinClass, FareFamily
from airlines.services.schedules import Pattern, PatternFare
from flights_project.lib import clock

SEASONS = timedelta(days=2 * 365)
"""How far ahead seasons are laid out; the last goes on until further notice."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What patterns are made of, by code."""

    airports: dict[str, Airport]
    airplanes: dict[str, Airplane]
    types: dict[str, AirplaneType]
    families: dict[str, FareFamily]


@dataclass(frozen=True, slots=True)
class Season:
    """The flights of one number that leave and land at the same local times, and the first day of the next ones."""

    legs: Sequence[Leg]
    next_starts: date | None


def patterns(today: date, stock: Stock) -> Iterator[Pattern]:
    """The sheet from `today` on."""
    legs = sorted(legs_leaving(today, today + SEASONS), key=lambda leg: (leg.number, leg.departs_on))
    for _number, flown in groupby(legs, key=lambda leg: leg.number):
        for position, season in enumerate(_seasons(list(flown))):
            yield _pattern(season, today if position == 0 else season.legs[0].departs_on, stock)


def _seasons(legs: list[Leg]) -> list[Season]:
    groups = [list(group) for _times, group in groupby(legs, key=_local_times)]
    starts = [group[0].departs_on for group in groups[1:]]
    return [Season(group, start) for group, start in zip(groups, [*starts, None], strict=True)]


def _local_times(leg: Leg) -> tuple[time, time, int]:
    departs = leg.departs_at.astimezone(clock.zone(places()[leg.origin].zone))
    arrives = leg.arrives_at.astimezone(clock.zone(places()[leg.destination].zone))
    return departs.time(), arrives.time(), clock.day_offset(departs, arrives)


def _pattern(season: Season, starts_on: date, stock: Stock) -> Pattern:
    leg = season.legs[0]
    departs, arrives, day_offset = _local_times(leg)
    origin_terminal, destination_terminal = terminals(leg.origin, leg.destination)
    airplanes = _in_turn(season.legs, stock)
    return Pattern(
        number=f"{settings.AIRLINE_CODE}{leg.number}",
        origin=stock.airports[leg.origin],
        destination=stock.airports[leg.destination],
        origin_terminal=origin_terminal,
        destination_terminal=destination_terminal,
        departs=departs,
        arrives=arrives,
        day_offset=day_offset,
        days="".join(sorted({str(each.departs_on.isoweekday()) for each in season.legs})),
        starts_on=starts_on,
        ends_on=season.next_starts and season.next_starts - ONE_DAY,
        airplane_type=next(kind for kind in stock.types.values() if kind.name == airplanes[0].model),
        airplanes=airplanes,
        weekday_percents=WEEKDAY_PERCENTS,
        floor_percent=FLOOR_PERCENT,
        ceiling_percent=CEILING_PERCENT,
        fares=tuple(_fares(leg, departs, stock)),
    )


def _in_turn(legs: Sequence[Leg], stock: Stock) -> tuple[Airplane, ...]:
    """The airplanes by the day of departure, as `Pattern.airplane_on` counts."""
    count = len({leg.airplane for leg in legs})
    turns = {leg.departs_on.toordinal() % count: leg.airplane for leg in legs}
    return tuple(stock.airplanes[REGISTRATION.format(turns[position])] for position in range(count))


def _fares(leg: Leg, departs: time, stock: Stock) -> Iterator[PatternFare]:
    departure = Departure(number=leg.number, origin=leg.origin, destination=leg.destination, hour=departs.hour)
    fitted = [plan.cabin for plan in registrations()[leg.airplane].cabins]
    for cabin in (cabin for cabin in CabinClass.values if cabin in fitted):
        for family, reference in reference_fares(departure, cabin):
            yield PatternFare(cabin, stock.families[family], reference)
