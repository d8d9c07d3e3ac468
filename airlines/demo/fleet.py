"""What the demo's airline flies with."""

from dataclasses import dataclass
from datetime import timedelta

from airlines.demo.lines import LINES, SPARES
from airlines.models import CabinClass
from airlines.services.fleet import CabinPlan

REGISTRATION = "VT-K{}"


@dataclass(frozen=True, slots=True)
class AirplaneType:
    name: str
    cruise_km_h: int
    turnaround: timedelta
    """The least time on the ground between two flights."""
    cabins: tuple[CabinPlan, ...]


def _business(first_row: int, last_row: int, layout: str) -> CabinPlan:
    return CabinPlan(cabin=CabinClass.BUSINESS, first_row=first_row, last_row=last_row, layout=layout)


def _economy(first_row: int, last_row: int, layout: str, *exit_rows: int) -> CabinPlan:
    return CabinPlan(
        cabin=CabinClass.ECONOMY, first_row=first_row, last_row=last_row, layout=layout, exit_rows=exit_rows
    )


TYPES = {
    "AT7": AirplaneType("ATR 72-600", 490, timedelta(minutes=35), (_economy(1, 18, "AC-DF", 1),)),
    "32N": AirplaneType(
        "Airbus A320neo", 830, timedelta(minutes=40), (_business(1, 2, "AC-DF"), _economy(3, 30, "ABC-DEF", 12, 13))
    ),
    "32Q": AirplaneType(
        "Airbus A321neo", 830, timedelta(minutes=45), (_business(1, 4, "AC-DF"), _economy(5, 36, "ABC-DEF", 17, 18))
    ),
    "789": AirplaneType(
        "Boeing 787-9",
        830,
        timedelta(minutes=90),
        (_business(1, 8, "A-DG-K"), _economy(20, 45, "ABC-DEF-HJK", 20, 33)),
    ),
    "77W": AirplaneType(
        "Boeing 777-300ER",
        830,
        timedelta(minutes=90),
        (_business(1, 10, "A-DG-K"), _economy(20, 50, "ABC-DEFG-HJK", 20, 34)),
    ),
}
"""By the IATA code that the lines of flying use."""


def registrations() -> dict[str, AirplaneType]:
    """Every airplane, spares too."""
    flying = {tail: TYPES[line.equipment] for line in LINES for tail in line.airplanes}
    return flying | {tail: TYPES[equipment] for tail, equipment in SPARES.items()}
