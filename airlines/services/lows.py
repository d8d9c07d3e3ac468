"""The lowest prices as travellers ask for them: a month, the days around a return, anywhere from here.

Everything is read from `Low`, which `stale_lows` keeps; nothing is searched here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from airlines.models import CabinClass, Flight, Low
from airlines.services.lowest import FamilyLow, code_of
from airlines.services.market import STAY
from airlines.services.places import Place
from airlines.services.reference import Reference, current
from flights_project.lib.money import of_hundredths

DAYS_AROUND = 3
DESTINATIONS_AT_MOST = 300


@dataclass(frozen=True, slots=True)
class DayLow:
    """A local day of departure, and the lowest price of it: None where nothing is on sale, or not known yet."""

    day: date
    low: Low | None

    @property
    def total(self) -> Decimal | None:
        return self.low.total if self.low else None


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Out on a day and back on a day, both in one fare family; None as in `DayLow`."""

    depart_on: date
    return_on: date
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class Journey:
    """Where one can go, and the cheapest day to go there."""

    origin: Place
    destination: Place
    low: Low


def lows_by_day(
    *, origin: Place, destination: Place, first: date, last: date, cabin: str, now: datetime
) -> list[DayLow]:
    """The lowest price of each day from `first` to `last`."""
    found = {low.departs_on: low for low in _between(origin, destination, (first, last), cabin, now)}
    return [DayLow(day, found.get(day)) for day in _days(first, last)]


def lows_around(
    *, origin: Place, destination: Place, depart_on: date, return_on: date, cabin: str, now: datetime
) -> list[list[RoundTrip]]:
    """Round trips of three days earlier to three days later: a row for each day back, a column for each day out.

    A journey back begins an hour after the way out has landed, as in a search; where the cheapest flights of two days
    next to each other leave less, no price is said.
    """
    around = timedelta(days=DAYS_AROUND)
    out = {
        low.departs_on: low
        for low in _between(origin, destination, (depart_on - around, depart_on + around), cabin, now)
    }
    back = {
        low.departs_on: low
        for low in _between(destination, origin, (return_on - around, return_on + around), cabin, now)
    }
    return [
        [
            RoundTrip(there, home, round_trip_total(out[there], back[home]) if there in out and home in back else None)
            for there in _days(depart_on - around, depart_on + around)
        ]
        for home in _days(return_on - around, return_on + around)
    ]


def round_trip_total(out: Low, back: Low) -> Decimal | None:
    """The least of the families that both are sold in; None where there is no such, or the way back leaves too soon."""
    ways_back = {each.family: each for each in families_of(back)}
    totals = [
        each.hundredths + ways_back[each.family].hundredths
        for each in families_of(out)
        if each.family in ways_back and each.arrives + STAY <= ways_back[each.family].departs
    ]
    return of_hundredths(min(totals)) if totals else None


def families_of(low: Low) -> list[FamilyLow]:
    """The cheapest of each family, the cheapest family first."""
    return [FamilyLow(*each) for each in low.by_family]


def anywhere(*, origin: Place, first: date, last: date, cabin: str, now: datetime, country: str = "") -> list[Journey]:
    """Every city to go to, with the cheapest of the days from `first` to `last`, the cheapest city first.

    `country` (ISO 3166-1, two letters) leaves the cities of that country.
    """
    reference = current()
    cities = {code: place for code, place in _cities(reference).items() if country in ("", place.country)}
    lows = (
        _on_sale(now)
        .filter(origin=code_of(origin), destination__in=list(cities), departs_on__range=(first, last), cabin=cabin)
        .order_by("destination", "total", "departs_on")
        .distinct("destination")
    )
    journeys = [Journey(origin, cities[low.destination], low) for low in lows[:DESTINATIONS_AT_MOST]]
    return sorted(journeys, key=lambda journey: (journey.low.total, journey.destination.city))


def cheapest_journeys(*, day: date, at_most: int, now: datetime) -> list[Journey]:
    """The cheapest journeys of a day in economy between any two cities, the cheapest first. Those that begin with
    another airline's flight are found by who looks for them, and not praised here."""
    cities = _cities(current())
    ours = Flight.objects.filter(pk=OuterRef("flights__0"), number__startswith=settings.AIRLINE_CODE)
    lows = _on_sale(now).filter(
        Exists(ours), departs_on=day, cabin=CabinClass.ECONOMY, origin__in=list(cities), destination__in=list(cities)
    )
    return [
        Journey(cities[low.origin], cities[low.destination], low)
        for low in lows.order_by("total", "origin", "destination")[:at_most]
    ]


def _cities(reference: Reference) -> Mapping[str, Place]:
    """Each city once, by the code that its lows are kept under."""
    codes = {airport.city.code for airport in reference.airports.values()}
    places = (reference.place(code) for code in sorted(codes))
    return {code_of(place): place for place in places if place is not None}


def _between(origin: Place, destination: Place, days: tuple[date, date], cabin: str, now: datetime) -> QuerySet[Low]:
    return _on_sale(now).filter(
        origin=code_of(origin), destination=code_of(destination), cabin=cabin, departs_on__range=days
    )


def _on_sale(now: datetime) -> QuerySet[Low]:
    """Without those whose first flight is closed for sale by now, which the next round makes new."""
    return Low.objects.filter(departs_at__gt=now + settings.SALE_CLOSES_BEFORE_DEPARTURE)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
