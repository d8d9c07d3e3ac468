"""Airplanes with their cabins, and the seats that a cabin's layout makes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from airlines.exceptions import LayoutInvalid
from airlines.models import Airplane, Cabin, Flight, Seat
from airlines.models.fleet import LAYOUT, ROWS_APART
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.statements import fetch

SHARE = "SELECT id FROM airlines_airplane WHERE id = ANY(%s) ORDER BY id FOR SHARE"
"""By hand: Django has no lock that many may have at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinPlan:
    """Rows `first_row` to `last_row` laid out as `layout`, `ABC-DEF`: letters by column, a dash for an aisle.

    All seats of `exit_rows` are at an exit.
    """

    cabin: str
    first_row: int
    last_row: int
    layout: str
    exit_rows: Sequence[int] = ()


def seats_of(cabin: Cabin) -> list[Seat]:
    """The seats that a cabin's rows and layout make, not saved. Raises LayoutInvalid."""
    try:
        LAYOUT(cabin.layout)
    except ValidationError as error:
        raise LayoutInvalid from error
    letters = cabin.layout.replace("-", "")
    if len(set(letters)) != len(letters):
        raise LayoutInvalid(f"A letter stands twice in {cabin.layout}.")
    return [
        Seat(cabin=cabin, row=row, letter=letter)
        for row in range(cabin.first_row, cabin.last_row + 1)
        for letter in letters
    ]


def seat_count(cabin: Cabin) -> int:
    """How many seats a cabin has by its layout, blocked ones too."""
    return (cabin.last_row - cabin.first_row + 1) * len(cabin.layout.replace("-", ""))


def seats_for_sale(airplanes: Collection[int]) -> dict[int, dict[str, int]]:
    """How many seats that are not blocked each cabin has, front to back, by airplane (id) and cabin.

    Nobody blocks one of them (`blocked_seats`) until the transaction ends, in which they become what a flight sells.
    """
    fetch(SHARE, [sorted(airplanes)])
    found: dict[int, dict[str, int]] = {airplane: {} for airplane in airplanes}
    cabins = Cabin.objects.filter(airplane__in=airplanes).annotate(free=Count("seats", filter=Q(seats__blocked_for="")))
    for cabin in cabins.order_by("airplane", "first_row"):
        found[cabin.airplane_id][cabin.cabin] = cabin.free
    return found


def lock_airplane(airplane: int) -> None:
    """Lock the airplane (id) until the transaction ends, against flights and seats that others give it meanwhile."""
    Airplane.objects.select_for_update(no_key=True).get(pk=airplane)


def refuse_two_places(flight: Flight) -> None:
    """Raises InvalidRequest where the flight's airplane, which is locked, flies another at the same time."""
    meanwhile = Flight.objects.flown_by(flight.airplane, start=flight.departs_at, end=flight.arrives_at)
    other = meanwhile.exclude(pk=flight.pk).first()
    if other is not None:
        raise InvalidRequest({"airplane": [_("It flies %(flight)s at that time.") % {"flight": other}]})


@transaction.atomic
def add_airplane(*, registration: str, model: str, cabins: Iterable[CabinPlan]) -> Airplane:
    """A new airplane with cabins and seats. Raises LayoutInvalid, InvalidRequest, ValidationError."""
    airplane = Airplane(registration=registration, model=model)
    airplane.full_clean()
    airplane.save()
    plans = list(cabins)
    _refuse_shared_rows(plans)
    fit_cabins(airplane=airplane, cabins=plans)
    return airplane


def _refuse_shared_rows(cabins: Sequence[CabinPlan]) -> None:
    for index, plan in enumerate(cabins):
        if any(plan.first_row <= other.last_row and other.first_row <= plan.last_row for other in cabins[:index]):
            raise InvalidRequest({f"cabins[{index}].first_row": [str(ROWS_APART)]})


def fit_cabins(*, airplane: Airplane, cabins: Iterable[CabinPlan]) -> None:
    """Give a new airplane its cabins and their seats. Raises as `add_airplane`."""
    for plan in cabins:
        if any(not plan.first_row <= row <= plan.last_row for row in plan.exit_rows):
            raise LayoutInvalid(f"An exit row is outside of rows {plan.first_row} to {plan.last_row}.")
        cabin = Cabin(
            airplane=airplane,
            cabin=plan.cabin,
            first_row=plan.first_row,
            last_row=plan.last_row,
            layout=plan.layout,
        )
        cabin.full_clean()
        cabin.save()
        make_seats(cabin, exit_rows=plan.exit_rows)


def make_seats(cabin: Cabin, *, exit_rows: Collection[int] = ()) -> None:
    """Write the seats of a saved cabin, once: what is there already stays."""
    seats = seats_of(cabin)
    for seat in seats:
        seat.is_exit_row = seat.row in exit_rows
    Seat.objects.bulk_create(seats, ignore_conflicts=True)


class SeatPosition(StrEnum):
    """Where in its row a seat is."""

    WINDOW = "window"
    MIDDLE = "middle"
    AISLE = "aisle"


def seat_positions(layout: str) -> dict[str, SeatPosition]:
    """Window, middle or aisle for each letter of `layout`; a seat that is both counts as window."""
    blocks = layout.split("-")
    positions = {letter: SeatPosition.MIDDLE for block in blocks for letter in block}
    for left, right in pairwise(blocks):
        positions |= {left[-1]: SeatPosition.AISLE, right[0]: SeatPosition.AISLE}
    return positions | {layout[0]: SeatPosition.WINDOW, layout[-1]: SeatPosition.WINDOW}
