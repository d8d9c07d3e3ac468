"""Things that are for sale, with believable defaults. Flights are made by the service that staff use."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any

import factory

from airlines.models import (
    Airplane,
    AirplaneType,
    Airport,
    City,
    FareFamily,
    Flight,
    FlightFare,
    PricingBand,
    PricingRule,
    TaxRule,
)
from airlines.services.fleet import CabinPlan, fit_cabins
from airlines.services.offers import OfferClaim, price_again
from airlines.services.pricing import Party
from airlines.services.schedules import Pattern, PatternFare
from airlines.services.scheduling import FarePlan, add_flight

PLACES = {
    "DEL": ("VIDP", "New Delhi", "IN", 28.5665, 77.1031, "Asia/Kolkata"),
    "BOM": ("VABB", "Mumbai", "IN", 19.0887, 72.8679, "Asia/Kolkata"),
    "BLR": ("VOBL", "Bengaluru", "IN", 13.1979, 77.7063, "Asia/Kolkata"),
    "AMD": ("VAAH", "Ahmedabad", "IN", 23.0772, 72.6347, "Asia/Kolkata"),
    "GOI": ("VOGO", "Goa", "IN", 15.3808, 73.8314, "Asia/Kolkata"),
    "MAA": ("VOMM", "Chennai", "IN", 12.99, 80.1693, "Asia/Kolkata"),
    "LHR": ("EGLL", "London", "GB", 51.4706, -0.4619, "Europe/London"),
    "LGW": ("EGKK", "London", "GB", 51.1481, -0.1903, "Europe/London"),
    "JFK": ("KJFK", "New York", "US", 40.6398, -73.7789, "America/New_York"),
}
CITY_CODES = {"LHR": "LON", "LGW": "LON", "JFK": "NYC"}


class CityFactory(factory.django.DjangoModelFactory[City]):
    class Meta:
        model = City
        django_get_or_create = ("code",)

    code = "DEL"
    name = factory.LazyAttribute(lambda city: city.code.title())
    country = "IN"


class AirportFactory(factory.django.DjangoModelFactory[Airport]):
    """`AirportFactory(iata="BOM")` is the real one, for the codes in PLACES."""

    class Meta:
        model = Airport
        django_get_or_create = ("iata",)

    iata = "DEL"
    icao = factory.LazyAttribute(lambda airport: PLACES[airport.iata][0])
    name = factory.LazyAttribute(lambda airport: f"{PLACES[airport.iata][1]} {airport.iata} Airport")
    city = factory.LazyAttribute(
        lambda airport: CityFactory(
            code=CITY_CODES.get(airport.iata, airport.iata),
            name=PLACES[airport.iata][1],
            country=PLACES[airport.iata][2],
        )
    )
    latitude = factory.LazyAttribute(lambda airport: PLACES[airport.iata][3])
    longitude = factory.LazyAttribute(lambda airport: PLACES[airport.iata][4])
    zone = factory.LazyAttribute(lambda airport: PLACES[airport.iata][5])


class AirplaneFactory(factory.django.DjangoModelFactory[Airplane]):
    """An A320 with 8 business and 150 economy seats, or what `cabins` says."""

    class Meta:
        model = Airplane
        skip_postgeneration_save = True

    registration = factory.Sequence(lambda n: f"VT-K{n:03d}")
    model = "A320neo"

    @factory.post_generation
    def cabins(self: Airplane, create: bool, plans: list[CabinPlan] | None, **kwargs: Any) -> None:
        fit_cabins(airplane=self, cabins=plans or [business(1, 2), economy(3, 27)])


def economy(first_row: int, last_row: int, layout: str = "ABC-DEF") -> CabinPlan:
    return CabinPlan(cabin="economy", first_row=first_row, last_row=last_row, layout=layout)


def business(first_row: int, last_row: int, layout: str = "AC-DF") -> CabinPlan:
    return CabinPlan(cabin="business", first_row=first_row, last_row=last_row, layout=layout)


class FareFamilyFactory(factory.django.DjangoModelFactory[FareFamily]):
    class Meta:
        model = FareFamily
        django_get_or_create = ("code",)

    code = "light"
    name = factory.LazyAttribute(lambda family: family.code.title())
    position = factory.LazyAttribute(lambda family: ["light", "standard", "flex"].index(family.code))
    checked_bag_kg = factory.LazyAttribute(lambda family: 15 * family.position)


class TaxRuleFactory(factory.django.DjangoModelFactory[TaxRule]):
    class Meta:
        model = TaxRule

    code = "IN"
    name = "User development fee"
    amount = Decimal(300)


_numbers = cycle(range(2000, 10_000))  # beyond those that tests choose themselves


def make_flight(
    origin: str = "DEL",
    destination: str = "BOM",
    *,
    departs_at: datetime,
    hours: float = 2,
    seats: int | None = None,
    number: str | None = None,
    airplane: Airplane | None = None,
    fares: dict[str, int] | None = None,
) -> Flight:
    """A flight on sale in economy, at `fares` by family (light for 4,000); `seats` makes a small airplane."""
    if airplane is None:
        plans = [economy(1, seats, "A")] if seats else None
        airplane = AirplaneFactory(cabins=plans)
    return add_flight(
        number=number or f"KV{next(_numbers)}",
        airplane=airplane,
        origin=AirportFactory(iata=origin),
        destination=AirportFactory(iata=destination),
        departs_at=departs_at,
        arrives_at=departs_at + timedelta(hours=hours),
        fares=[
            FarePlan(cabin="economy", family=FareFamilyFactory(code=code), amount=Decimal(amount))
            for code, amount in (fares or {"light": 4000}).items()
        ],
    )


class AirplaneTypeFactory(factory.django.DjangoModelFactory[AirplaneType]):
    class Meta:
        model = AirplaneType
        django_get_or_create = ("code",)

    code = "32N"
    name = "A320neo"
    turnaround_minutes = 40


def a_pattern(
    origin: str = "DEL",
    destination: str = "BOM",
    *,
    starts_on: date,
    departs: time = time(6),
    arrives: time = time(8),
    fares: dict[str, int] | None = None,
    **rest: Any,
) -> Pattern:
    """KV301, daily at six in the morning by any A320neo, in economy at `fares` by family (light for 4,000)."""
    return Pattern(
        number=rest.pop("number", "KV301"),
        origin=AirportFactory(iata=origin),
        destination=AirportFactory(iata=destination),
        departs=departs,
        arrives=arrives,
        starts_on=starts_on,
        airplane_type=AirplaneTypeFactory(),
        fares=tuple(
            PatternFare("economy", FareFamilyFactory(code=code), Decimal(amount))
            for code, amount in (fares or {"light": 4000}).items()
        ),
        **rest,
    )


def make_pricing_rule(
    name: str,
    *,
    load: dict[int, int] | None = None,
    days: dict[int, int] | None = None,
    origin: str | None = None,
    **conditions: Any,
) -> PricingRule:
    """A rule with bands by where they start: `load={50: 110}` takes 110 % from half of the seats taken on."""
    if origin:
        conditions["origin"] = AirportFactory(iata=origin)
    rule = PricingRule.objects.create(name=name, **conditions)
    PricingBand.objects.bulk_create(
        PricingBand(rule=rule, measure=measure, starts_at=start, percent=percent)
        for measure, bands in (("load", load or {}), ("days", days or {}))
        for start, percent in bands.items()
    )
    return rule


def fare_of(flight: Flight, family: str = "light", cabin: str = "economy") -> FlightFare:
    return FlightFare.objects.get(flight_cabin__flight=flight, flight_cabin__cabin=cabin, family__code=family)


def claim_for(
    *slices: Sequence[Flight], now: datetime, party: Party | None = None, family: str = "light"
) -> OfferClaim:
    """An offer for these slices at the price of now; a single flight may stand for its slice."""
    claim = OfferClaim(
        slices=tuple(tuple(flight.pk for flight in part) for part in slices),
        cabin="economy",
        family=family,
        party=party or Party(),
        total=0,  # priced just below
    )
    return price_again(claim, now=now).claim
