"""What the demo charges: fare families, what adult fares start from by flight, how they move, taxes.

Everything is thought in rupees. Where the deployment sells in another currency, amounts are converted at the
round rates below; a currency that is not among them takes the rupees' numbers as they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zlib import crc32

from django.conf import settings
from django.utils.translation import gettext_noop as _

from airlines.demo.network import distance_km, is_domestic
from airlines.models import CabinClass, FareFamily, PricingBand, PricingRule, TaxRule
from airlines.services.pricing_rules import to_price_point
from flights_project.lib import money

RUPEES_FOR = {"INR": 1, "AED": 24, "AUD": 58, "CAD": 63, "EUR": 100, "GBP": 115, "SGD": 68, "USD": 88}

FAMILIES: tuple[dict[str, Any], ...] = (
    {
        "code": "light",
        "name": "Light",
        "position": 1,
        "cabin_bag_kg": 7,
        "checked_bag_kg": 0,
        "seat_choice_included": False,
        "seat_fee": 350,
        "refund_percent": 0,
        "change_fee": None,
    },
    {
        "code": "standard",
        "name": "Standard",
        "position": 2,
        "cabin_bag_kg": 7,
        "checked_bag_kg": 23,
        "seat_choice_included": True,
        "refund_percent": 50,
        "change_fee": 3000,
    },
    {
        "code": "flex",
        "name": "Flex",
        "position": 3,
        "cabin_bag_kg": 10,
        "checked_bag_kg": 32,
        "seat_choice_included": True,
        "refund_percent": 100,
        "change_fee": 0,
    },
)

FAMILY_FACTORS: dict[str, dict[str, float]] = {
    CabinClass.ECONOMY: {"light": 1.0, "standard": 1.2, "flex": 1.55},
    CabinClass.BUSINESS: {"light": 1.0, "standard": 1.12, "flex": 1.3},
}
BUSINESS_DOMESTIC, BUSINESS_INTERNATIONAL = 2.6, 3.6
"""What the cheapest business fare costs, in light economy fares of the same flight."""

DOMESTIC_START, DOMESTIC_PER_KM = 2000, 2.5
INTERNATIONAL_START, INTERNATIONAL_PER_KM = 2600, 3.6
WEEKDAY_PERCENTS = (105, 93, 95, 100, 110, 97, 110)
HOURS = ((5, 0.9), (10, 1.08), (16, 0.96), (21, 1.1), (24, 0.94))
"""Until which local hour of departure a factor holds: mornings and evenings are what people want."""
SPREAD_PERCENT = 8
"""How far one flight number is dearer or cheaper than others like it."""
FLOOR_PERCENT, CEILING_PERCENT = 75, 220
"""How far the pricing rules move a fare from its reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How the fares of a cabin move: percent of the reference by percent of the seats taken, and by days left."""

    name: str
    cabin: str
    load: Mapping[int, int]
    days: Mapping[int, int]
    route: tuple[str, str] | None = None
    priority: int = 10


LATE_COMMUTERS = {0: 165, 2: 140, 5: 115, 10: 100, 30: 92, 60: 88}
CURVES = (
    Curve(
        name="Economy",
        cabin=CabinClass.ECONOMY,
        load={0: 100, 5: 102, 10: 104, 20: 107, 35: 112, 50: 118, 65: 126, 80: 138, 92: 155},
        days={0: 145, 3: 125, 7: 112, 14: 100, 30: 94, 60: 90},
    ),
    Curve(
        name="Business",
        cabin=CabinClass.BUSINESS,
        load={0: 100, 20: 104, 40: 110, 60: 120, 80: 135},
        days={0: 130, 3: 118, 7: 108, 14: 100, 30: 96, 60: 92},
    ),
    *(
        Curve(
            name=f"Commuters {origin}–{destination}",
            cabin=CabinClass.ECONOMY,
            load={0: 100, 10: 103, 25: 108, 45: 116, 65: 128, 85: 150},
            days=LATE_COMMUTERS,
            route=(origin, destination),
            priority=20,
        )
        for origin, destination in (("DEL", "BOM"), ("BOM", "DEL"))
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """What the reference of a fare depends on."""

    number: int
    origin: str
    destination: str
    hour: int
    """On the clock of the airport it leaves from."""


def reference_fares(departure: Departure, cabin: str) -> Iterator[tuple[str, Decimal]]:
    """Family and reference for each family that the demo sells in `cabin`, cheapest first, the same on every call."""
    cheapest = _light_economy(departure)
    if cabin == CabinClass.BUSINESS:
        cheapest *= BUSINESS_DOMESTIC if _stays_home(departure) else BUSINESS_INTERNATIONAL
    for family, factor in FAMILY_FACTORS.get(cabin, {}).items():
        yield family, in_tens(cheapest * factor)


def _light_economy(departure: Departure) -> float:
    """Rupees."""
    kilometres = distance_km(departure.origin, departure.destination)
    if _stays_home(departure):
        fare = DOMESTIC_START + DOMESTIC_PER_KM * kilometres
    else:
        fare = INTERNATIONAL_START + INTERNATIONAL_PER_KM * kilometres
    return fare * next(factor for until, factor in HOURS if departure.hour < until) * _whim(str(departure.number))


def _stays_home(departure: Departure) -> bool:
    return is_domestic(departure.origin, departure.destination)


def _whim(key: str) -> float:
    """A factor that looks like chance and is always the same for `key`."""
    return 1 + (crc32(key.encode()) % (2 * SPREAD_PERCENT + 1) - SPREAD_PERCENT) / 100


def price_point() -> Decimal:
    """Fares are published in whole tens of rupees, or in whole units of a larger currency."""
    return Decimal(10 if RUPEES_FOR.get(settings.CURRENCY, 1) == 1 else 1)


def in_tens(rupees: float) -> Decimal:
    """A fare as it is published, in the currency of the deployment."""
    return to_price_point(Decimal(rupees) / RUPEES_FOR.get(settings.CURRENCY, 1), price_point())


def converted(rupees: Decimal) -> Decimal:
    """An exact amount, a tax or a fee, in the currency of the deployment."""
    return money.rounded(rupees / RUPEES_FOR.get(settings.CURRENCY, 1), settings.CURRENCY)


def fare_families() -> list[FareFamily]:
    """Not saved."""
    families = [FareFamily(**conditions) for conditions in FAMILIES]
    for family in families:
        if family.change_fee is not None:
            family.change_fee = converted(Decimal(family.change_fee))
        if family.seat_fee is not None:
            family.seat_fee = converted(Decimal(family.seat_fee))
    return families


def pricing_rules(airports: Mapping[str, int]) -> list[tuple[PricingRule, list[PricingBand]]]:
    """Not saved; `airports` are primary keys by code."""
    return [(_rule(curve, airports), _bands(curve)) for curve in CURVES]


def _rule(curve: Curve, airports: Mapping[str, int]) -> PricingRule:
    origin, destination = curve.route or (None, None)
    return PricingRule(
        name=curve.name,
        priority=curve.priority,
        cabin=curve.cabin,
        origin_id=airports[origin] if origin else None,
        destination_id=airports[destination] if destination else None,
        round_to=price_point(),
    )


def _bands(curve: Curve) -> list[PricingBand]:
    return [
        PricingBand(measure=measure, starts_at=start, percent=Decimal(percent))
        for measure, bands in ((PricingBand.Measure.LOAD, curve.load), (PricingBand.Measure.DAYS, curve.days))
        for start, percent in bands.items()
    ]


ECONOMY, BUSINESS = CabinClass.ECONOMY, CabinClass.BUSINESS
ANY, DOMESTIC, INTERNATIONAL = TaxRule.Reach.ANY, TaxRule.Reach.DOMESTIC, TaxRule.Reach.INTERNATIONAL

SURCHARGES = (
    # code, name, reach, cabin, rupees: the airline's own, so they follow the fare and infants are free of them
    ("YQ", _("Fuel surcharge"), DOMESTIC, "", 400),
    ("YQ", _("Fuel surcharge"), INTERNATIONAL, ECONOMY, 2900),
    ("YQ", _("Fuel surcharge"), INTERNATIONAL, BUSINESS, 5800),
)
PERCENTAGES = (
    # code, name, departing from, cabin, percent of the fare
    ("K3", _("Goods and services tax"), "IN", ECONOMY, 5),
    ("K3", _("Goods and services tax"), "IN", BUSINESS, 18),
)
AMOUNTS = (
    # code, name, departing from, reach, cabin, rupees
    ("P2", _("Aviation security fee"), "IN", DOMESTIC, "", 236),
    ("P2", _("Aviation security fee"), "IN", INTERNATIONAL, "", 1020),
    ("IN", _("User development fee"), "IN", DOMESTIC, "", 154),
    ("IN", _("User development fee"), "IN", INTERNATIONAL, "", 710),
    ("GB", _("Air passenger duty"), "GB", INTERNATIONAL, ECONOMY, 11730),
    ("GB", _("Air passenger duty"), "GB", INTERNATIONAL, BUSINESS, 28060),
    ("UB", _("Passenger service charge"), "GB", ANY, "", 3540),
    ("US", _("Transportation tax"), "US", INTERNATIONAL, "", 2020),
    ("AY", _("September 11 security fee"), "US", ANY, "", 493),
    ("XF", _("Passenger facility charge"), "US", ANY, "", 396),
    ("CA", _("Air travellers security charge"), "CA", INTERNATIONAL, "", 2150),
    ("SQ", _("Airport improvement fee"), "CA", ANY, "", 2500),
    ("OY", _("Air transport tax"), "DE", INTERNATIONAL, "", 7080),
    ("RA", _("Passenger service charge"), "DE", ANY, "", 3300),
    ("DE", _("Airport security charge"), "DE", ANY, "", 1200),
    ("FR", _("Airport tax"), "FR", ANY, "", 1560),
    ("QX", _("Passenger service charge"), "FR", ANY, "", 2480),
    ("O4", _("Solidarity tax"), "FR", INTERNATIONAL, ECONOMY, 4000),
    ("O4", _("Solidarity tax"), "FR", INTERNATIONAL, BUSINESS, 12000),
    ("AU", _("Passenger movement charge"), "AU", INTERNATIONAL, "", 4060),
    ("WY", _("Passenger services charge"), "AU", ANY, "", 1760),
    ("AE", _("Passenger service charge"), "AE", ANY, "", 1800),
    ("F6", _("Passenger facilities charge"), "AE", ANY, "", 960),
    ("ZR", _("Passenger security and safety fee"), "AE", ANY, "", 120),
    ("SG", _("Passenger service and security fee"), "SG", ANY, "", 3160),
    ("OP", _("Aviation levy"), "SG", ANY, "", 544),
    ("L7", _("Airport development levy"), "SG", ANY, "", 734),
    ("TS", _("Passenger service charge"), "TH", ANY, "", 1980),
    ("E7", _("Advance passenger processing"), "TH", ANY, "", 95),
    ("MY", _("Passenger service charge"), "MY", INTERNATIONAL, "", 1530),
    ("LK", _("Embarkation tax"), "LK", INTERNATIONAL, "", 5280),
    ("SW", _("Passenger service facility charge"), "JP", ANY, "", 1740),
    ("TK", _("International tourist tax"), "JP", INTERNATIONAL, "", 590),
)


def tax_rules() -> list[TaxRule]:
    """Not saved. Believable and of no authority: a real airline loads its rules from its tax service."""
    surcharges = [
        TaxRule(code=code, name=name, reach=reach, cabin=cabin, amount=converted(Decimal(rupees)), refundable=False)
        for code, name, reach, cabin, rupees in SURCHARGES
    ]
    percentages = [
        TaxRule(code=code, name=name, origin_country=country, cabin=cabin, percent=Decimal(percent))
        for code, name, country, cabin, percent in PERCENTAGES
    ]
    amounts = [
        TaxRule(
            code=code,
            name=name,
            origin_country=country,
            reach=reach,
            cabin=cabin,
            amount=converted(Decimal(rupees)),
        )
        for code, name, country, reach, cabin, rupees in AMOUNTS
    ]
    return surcharges + percentages + amounts
