"""The network, fare families and tax rules as every process keeps them in memory, so that a search reads flights only.

`current()` is at most `REFERENCE_CHECKED_EVERY` behind the database: then one small statement asks for the stamp that
triggers write with every change (`models/reference.py`), and where it is another everything is read again. What is
charged never comes from here: a hold prices by the rows under its lock (`offers.price_again`).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from uuid import UUID

from django.conf import settings
from django.db import connection

from airlines.models import Airport, ConnectionTime, FareFamily, Route, TaxRule
from airlines.services.connections import ConnectionRules, Network, Stop
from airlines.services.places import CODE_IN_BRACKETS, Place, place_of
from airlines.services.price_book import PriceBook
from flights_project.lib.earth import great_circle_km

NEVER = float("-inf")
NEAREST_AIRPORTS = 5


@dataclass(frozen=True, eq=False)
class Reference:
    """What was true together at one stamp."""

    stamp: UUID | None
    airports: Mapping[int, Airport]
    """With their cities."""
    families: Mapping[int, FareFamily]
    """In order of position."""
    network: Network
    prices: PriceBook
    by_code: dict[str, Place] = field(default_factory=dict)
    """Airports and cities."""

    def __post_init__(self) -> None:
        airports: dict[str, list[Airport]] = {}
        for airport in self.airports.values():
            for code in {airport.iata, airport.city.code}:
                airports.setdefault(code, []).append(airport)
        self.by_code.update({code: place_of(code, meant) for code, meant in airports.items()})

    def place(self, words: str) -> Place | None:
        """The airport or city with the code in `DEL`, `del` or `New Delhi (DEL)`, if there is one."""
        bracketed = CODE_IN_BRACKETS.search(words)
        return self.by_code.get((bracketed.group(1) if bracketed else words).upper())

    def nearest(self, point: tuple[float, float]) -> list[Place]:
        """The airports nearest to a point (latitude, longitude, in degrees)."""

        def distance(airport: Airport) -> float:
            return great_circle_km(point, (airport.latitude, airport.longitude))

        return [place_of(each.iata, [each]) for each in sorted(self.airports.values(), key=distance)[:NEAREST_AIRPORTS]]


class _Kept:
    """The reference of this process, and until when it is taken to be true."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.forget()

    def forget(self) -> None:
        self.reference: Reference | None = None
        self.last_day: date | None = None
        self.true_until = NEVER

    def current(self) -> Reference:
        reference = self.reference
        if reference is not None and time.monotonic() < self.true_until:
            return reference
        with self.lock:
            return self._checked()

    def read_now(self) -> Reference:
        """As `current`, and true at this moment."""
        with self.lock:
            return self._checked()

    def _checked(self) -> Reference:
        asked_at = time.monotonic()
        stamp, self.last_day = _ask()
        if self.reference is None or self.reference.stamp != stamp:
            self.reference = _read(stamp)
        self.true_until = asked_at + settings.REFERENCE_CHECKED_EVERY.total_seconds()
        return self.reference


_kept = _Kept()
forget = _kept.forget
"""As a new process starts. For tests, whose database goes back in time."""
current = _kept.current
read_now = _kept.read_now


def last_day_on_sale() -> date | None:
    """The last local date that any flight on sale leaves on, as of the last check."""
    _kept.current()
    return _kept.last_day


def _ask() -> tuple[UUID | None, date | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT stamp FROM airlines_referencestamp),"
            " (SELECT max(departs_on) FROM airlines_flight WHERE status IN ('scheduled', 'delayed'))"
        )
        stamp, last_day = cursor.fetchone()
        return stamp, last_day


def _read(stamp: UUID | None) -> Reference:
    """Read after the stamp: what is newer than it is read again at the next check, for then the stamp differs."""
    airports = {airport.pk: airport for airport in Airport.objects.select_related("city").order_by("iata")}
    families = {family.pk: family for family in FareFamily.objects.all()}
    return Reference(
        stamp=stamp,
        airports=airports,
        families=families,
        network=Network(
            stops={pk: _stop(airport) for pk, airport in airports.items()},
            routes=dict(_routes()),
            rules=_connection_rules(),
        ),
        prices=PriceBook(families, tuple(TaxRule.objects.all()), settings.CURRENCY),
    )


def _stop(airport: Airport) -> Stop:
    return Stop(airport.pk, airport.city_id, airport.city.country, (airport.latitude, airport.longitude))


def _routes() -> list[tuple[tuple[int, int], int]]:
    rows = Route.objects.values_list("origin_id", "destination_id", "distance_km")
    return [((origin, destination), km) for origin, destination, km in rows]


def _connection_rules() -> ConnectionRules:
    return ConnectionRules(
        minimums={
            (time.airport_id, time.onward_airport_id or time.airport_id, time.kind): time.minutes * 60
            for time in ConnectionTime.objects.all()
        },
        usual={kind: minutes * 60 for kind, minutes in settings.CONNECTION_MINUTES.items()},
        airport_change=settings.AIRPORT_CHANGE_MINUTES * 60,
        longest=int(settings.LONGEST_CONNECTION.total_seconds()),
        detour_factor=settings.DETOUR_FACTOR,
        detour_km=settings.DETOUR_KM,
    )
