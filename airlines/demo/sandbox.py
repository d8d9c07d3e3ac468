"""The sandbox's flights, on which integrators try their programs out: what happens to one, its number says.

They are an airline, an airplane and a route of their own, so that nobody who travels meets them. Flights are used up:
once somebody has a ticket for one, the next number of its scenario takes its place (`open_flights`), so that there is
always one on sale that nobody else is booked on.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum

from django.conf import settings
from django.db import transaction

from airlines.demo.fares import in_tens
from airlines.demo.loader import load_places
from airlines.demo.network import Stop, place_of
from airlines.models import Airplane, Airport, CabinClass, FareFamily, Flight
from airlines.querysets import FlightQuerySet
from airlines.services.fleet import CabinPlan, add_airplane
from airlines.services.scheduling import FarePlan, add_flight
from flights_project.lib import clock

AIRLINE, REGISTRATION = "ZZ", "VT-ZZZ"
ORIGIN = Stop("PBD", "Porbandar")
DESTINATION = Stop("BHU", "Bhavnagar")
SEATS = CabinPlan(cabin=CabinClass.ECONOMY, first_row=1, last_row=3, layout="A-CD")
FARES = {"light": 2500.0, "standard": 3000.0, "flex": 3900.0}
"""Rupees."""
FIRST_DAY, DAYS = 3, 60
"""From the third day on, so that neither check-in nor the end of sale is near."""
NUMBERS = 100
"""Of each scenario, and so how often it can be played on one day of departure."""
FLIES_FOR = timedelta(minutes=45)


class Scenario(IntEnum):
    """What happens to a flight: the first digit of its number."""

    SOLD_OUT = 1
    """Somebody else takes the last seats between a search and a hold."""
    DEARER = 2
    """It costs more when it is held than when it was found."""
    DELAYED = 3
    """It is moved once somebody has a ticket."""
    CANCELLED = 4
    """It is cancelled once somebody has a ticket."""

    @property
    def first_number(self) -> int:
        return self * NUMBERS

    @property
    def leaves(self) -> time:
        """Local time."""
        return time(7 + 2 * self)


def is_open() -> bool:
    """Only where the sandbox takes the payments, and never for an airline that is itself called so."""
    return "sandbox" in settings.PAYMENT_GATEWAYS and settings.AIRLINE_CODE != AIRLINE


def flights() -> FlightQuerySet:
    """The sandbox's, and no other that staff may have given its airplane or its airline's name."""
    return Flight.objects.filter(
        airplane__registration=REGISTRATION, number__regex=f"^{AIRLINE}[1-{len(Scenario)}][0-9]{{2}}$"
    )


def scenario_of(number: str) -> Scenario:
    """Of one of `flights`."""
    return Scenario(_digits(number) // NUMBERS)


def _digits(number: str) -> int:
    return int(number.removeprefix(AIRLINE))


@transaction.atomic
def build() -> None:
    """What the flights are made from: two airports and a small airplane. What is there stays as it is."""
    load_places([place_of(ORIGIN), place_of(DESTINATION)])
    if not Airplane.objects.filter(registration=REGISTRATION).exists():
        add_airplane(registration=REGISTRATION, model="Cessna 208B Grand Caravan", cabins=[SEATS])


@transaction.atomic
def open_flights(*, now: datetime) -> int:
    """On each day of the next weeks, put on sale one flight of each scenario that nobody is booked on; nothing where
    the sandbox was not built. Returns how many are new. Locks the airplane, so that each is made once."""
    airplane = Airplane.objects.select_for_update(no_key=True).filter(registration=REGISTRATION).first()
    if airplane is None:
        return 0
    today = clock.local_date(now, place_of(ORIGIN).zone)
    days = [today + timedelta(days=FIRST_DAY + n) for n in range(DAYS)]
    missing = list(_missing(days))
    families = FareFamily.objects.filter(code__in=FARES)
    fares = [FarePlan(cabin=SEATS.cabin, family=family, amount=in_tens(FARES[family.code])) for family in families]
    for scenario, number, day in missing:
        _open(scenario, f"{AIRLINE}{number}", day, airplane, fares)
    return len(missing)


def _missing(days: list[date]) -> Iterable[tuple[Scenario, int, date]]:
    """Scenario, next number and day of what is not on sale, as long as there are numbers left."""
    on_these_days = flights().filter(departs_on__range=(days[0], days[-1]))
    on_sale = on_these_days.filter(cabins__fares__isnull=False, status=Flight.Status.SCHEDULED).distinct()
    there = {(scenario_of(number), day) for number, day in on_sale.values_list("number", "departs_on")}
    taken = on_these_days.order_by("pk").values_list("number", "departs_on")
    last = {(scenario_of(number), day): _digits(number) for number, day in taken}
    for day in days:
        for scenario in Scenario:
            following = last.get((scenario, day), scenario.first_number - 1) + 1
            if (scenario, day) not in there and following < scenario.first_number + NUMBERS:
                yield scenario, following, day


def _open(scenario: Scenario, number: str, day: date, airplane: Airplane, fares: Iterable[FarePlan]) -> None:
    origin, destination = (Airport.objects.get(iata=stop.iata) for stop in (ORIGIN, DESTINATION))
    departs_at = datetime.combine(day, scenario.leaves, clock.zone(origin.zone))
    add_flight(
        number=number,
        airplane=airplane,
        origin=origin,
        destination=destination,
        departs_at=departs_at,
        arrives_at=departs_at + FLIES_FOR,
        fares=fares,
    )


def rise() -> Decimal:
    """How much dearer a fare is that has become dearer."""
    return in_tens(500)
