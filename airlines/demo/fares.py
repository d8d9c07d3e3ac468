"""What the demo charges: fare families, adult fares by flight, taxes.

Everything is thought in rupees. Where the deployment sells in another currency, amounts are converted at the
round rates below; a currency that is not among them takes the rupees' numbers as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zlib import crc32

from django.conf import settings

from airlines.demo.network import distance_km, is_domestic
from airlines.models import CabinClass, FareFamily, TaxRule
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
WEEKDAYS = {1: 1.05, 2: 0.93, 3: 0.95, 4: 1.0, 5: 1.1, 6: 0.97, 7: 1.1}
HOURS = ((5, 0.9), (10, 1.08), (16, 0.96), (21, 1.1), (24, 0.94))
"""Until which local hour of departure a factor holds: mornings and evenings are what people want."""
DAYS_AHEAD = ((2, 1.45), (6, 1.25), (13, 1.12), (29, 1.0), (59, 0.94))
"""Until how many days before departure a factor holds."""
EARLY = 0.9
SPREAD_PERCENT = 8
"""How far one date of a flight is dearer or cheaper than others like it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """What a fare depends on."""

    number: int
    origin: str
    destination: str
    local_time: datetime
    days_ahead: int


def adult_fares(departure: Departure, cabin: str) -> Iterator[tuple[str, Decimal]]:
    """Family and amount for each family that the demo sells in `cabin`, the same on every call."""
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
    leaves = departure.local_time
    return (
        fare
        * WEEKDAYS[leaves.isoweekday()]
        * next(factor for until, factor in HOURS if leaves.hour < until)
        * next((factor for until, factor in DAYS_AHEAD if departure.days_ahead <= until), EARLY)
        * _whim(f"{departure.number} {leaves:%Y-%m-%d}")
    )


def _stays_home(departure: Departure) -> bool:
    return is_domestic(departure.origin, departure.destination)


def _whim(key: str) -> float:
    """A factor that looks like chance and is always the same for `key`."""
    return 1 + (crc32(key.encode()) % (2 * SPREAD_PERCENT + 1) - SPREAD_PERCENT) / 100


def in_tens(rupees: float) -> Decimal:
    """A fare as it is published: whole tens of rupees, or whole units of a larger currency."""
    rate = RUPEES_FOR.get(settings.CURRENCY, 1)
    step = 10 if rate == 1 else 1
    return step * (Decimal(rupees) / rate / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)


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


ECONOMY, BUSINESS = CabinClass.ECONOMY, CabinClass.BUSINESS
ANY, DOMESTIC, INTERNATIONAL = TaxRule.Reach.ANY, TaxRule.Reach.DOMESTIC, TaxRule.Reach.INTERNATIONAL

SURCHARGES = (
    # code, name, reach, cabin, rupees: the airline's own, so they follow the fare and infants are free of them
    ("YQ", "Fuel surcharge", DOMESTIC, "", 400),
    ("YQ", "Fuel surcharge", INTERNATIONAL, ECONOMY, 2900),
    ("YQ", "Fuel surcharge", INTERNATIONAL, BUSINESS, 5800),
)
PERCENTAGES = (
    # code, name, departing from, cabin, percent of the fare
    ("K3", "Goods and services tax", "IN", ECONOMY, 5),
    ("K3", "Goods and services tax", "IN", BUSINESS, 18),
)
AMOUNTS = (
    # code, name, departing from, reach, cabin, rupees
    ("P2", "Aviation security fee", "IN", DOMESTIC, "", 236),
    ("P2", "Aviation security fee", "IN", INTERNATIONAL, "", 1020),
    ("IN", "User development fee", "IN", DOMESTIC, "", 154),
    ("IN", "User development fee", "IN", INTERNATIONAL, "", 710),
    ("GB", "Air passenger duty", "GB", INTERNATIONAL, ECONOMY, 11730),
    ("GB", "Air passenger duty", "GB", INTERNATIONAL, BUSINESS, 28060),
    ("UB", "Passenger service charge", "GB", ANY, "", 3540),
    ("US", "Transportation tax", "US", INTERNATIONAL, "", 2020),
    ("AY", "September 11 security fee", "US", ANY, "", 493),
    ("XF", "Passenger facility charge", "US", ANY, "", 396),
    ("CA", "Air travellers security charge", "CA", INTERNATIONAL, "", 2150),
    ("SQ", "Airport improvement fee", "CA", ANY, "", 2500),
    ("OY", "Air transport tax", "DE", INTERNATIONAL, "", 7080),
    ("RA", "Passenger service charge", "DE", ANY, "", 3300),
    ("DE", "Airport security charge", "DE", ANY, "", 1200),
    ("FR", "Airport tax", "FR", ANY, "", 1560),
    ("QX", "Passenger service charge", "FR", ANY, "", 2480),
    ("O4", "Solidarity tax", "FR", INTERNATIONAL, ECONOMY, 4000),
    ("O4", "Solidarity tax", "FR", INTERNATIONAL, BUSINESS, 12000),
    ("AU", "Passenger movement charge", "AU", INTERNATIONAL, "", 4060),
    ("WY", "Passenger services charge", "AU", ANY, "", 1760),
    ("AE", "Passenger service charge", "AE", ANY, "", 1800),
    ("F6", "Passenger facilities charge", "AE", ANY, "", 960),
    ("ZR", "Passenger security and safety fee", "AE", ANY, "", 120),
    ("SG", "Passenger service and security fee", "SG", ANY, "", 3160),
    ("OP", "Aviation levy", "SG", ANY, "", 544),
    ("L7", "Airport development levy", "SG", ANY, "", 734),
    ("TS", "Passenger service charge", "TH", ANY, "", 1980),
    ("E7", "Advance passenger processing", "TH", ANY, "", 95),
    ("MY", "Passenger service charge", "MY", INTERNATIONAL, "", 1530),
    ("LK", "Embarkation tax", "LK", INTERNATIONAL, "", 5280),
    ("SW", "Passenger service facility charge", "JP", ANY, "", 1740),
    ("TK", "International tourist tax", "JP", INTERNATIONAL, "", 590),
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
