"""The seats of a flight's cabin as a map: what is free, taken, one's own or blocked. Reads only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby

from airlines.models import Flight, Seat
from airlines.services.fleet import SeatPosition, seat_positions
from bookings.models import Booking, Coupon, OrderedSeat


class SeatState(StrEnum):
    FREE = "free"
    TAKEN = "taken"
    YOURS = "yours"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSeat:
    """One seat. `traveller` is the position of the booking's traveller who has it, where it is `yours`."""

    pk: int
    row: int
    letter: str
    position: SeatPosition
    state: SeatState
    is_exit_row: bool
    traveller: int | None = None

    @property
    def name(self) -> str:
        return f"{self.row}{self.letter}"


@dataclass(frozen=True, slots=True)
class MapRow:
    """A row, its seats grouped by the aisles between them."""

    number: int
    blocks: tuple[tuple[MapSeat, ...], ...]

    @property
    def seats(self) -> Iterator[MapSeat]:
        return (seat for block in self.blocks for seat in block)

    @property
    def is_exit_row(self) -> bool:
        return any(seat.is_exit_row for seat in self.seats)


@dataclass(frozen=True)
class SeatMap:
    """A cabin of a flight, front to back; without rows where the airplane has no such cabin."""

    flight: Flight
    cabin: str
    layout: str
    rows: tuple[MapRow, ...]

    @property
    def blocks(self) -> list[str]:
        """The letters of a row, grouped by aisles."""
        return self.layout.split("-")

    @cached_property
    def seats(self) -> dict[str, MapSeat]:
        """By name, `12A`."""
        return {seat.name: seat for row in self.rows for seat in row.seats}


def seat_map(*, flight: Flight, cabin: str, booking: Booking | None = None) -> SeatMap:
    """The map of one cabin, with the seats of `booking` marked as its own. Two queries."""
    return seat_maps(flights=[flight], cabin=cabin, booking=booking)[flight.pk]


def seat_maps(*, flights: Sequence[Flight], cabin: str, booking: Booking | None = None) -> dict[int, SeatMap]:
    """`seat_map` of several flights, by flight id. Two queries, whatever the number of flights and seats."""
    airplanes = {flight.airplane_id for flight in flights}
    fitted: dict[int, list[Seat]] = {airplane: [] for airplane in airplanes}
    for seat in Seat.objects.filter(cabin__airplane__in=airplanes, cabin__cabin=cabin).select_related("cabin"):
        fitted[seat.cabin.airplane_id].append(seat)
    owners: dict[int, dict[int, tuple[int, int]]] = {flight.pk: {} for flight in flights}
    seated = Coupon.objects.live().filter(flight__in=owners, seat__isnull=False)
    ordered = OrderedSeat.objects.kept().filter(flight__in=owners)
    for flight, seat_id, *owner in seated.values_list("flight", "seat", "booking", "passenger__position").union(
        ordered.values_list("flight", "seat", "coupon__booking", "coupon__passenger__position"), all=True
    ):
        owners[flight][seat_id] = owner[0], owner[1]
    return {
        flight.pk: _map_of(flight, cabin, fitted[flight.airplane_id], owners[flight.pk], booking) for flight in flights
    }


def _map_of(
    flight: Flight, cabin: str, seats: Sequence[Seat], owners: dict[int, tuple[int, int]], booking: Booking | None
) -> SeatMap:
    layout = seats[0].cabin.layout if seats else ""
    positions = seat_positions(layout) if seats else {}
    own = {seat: who for seat, (whose, who) in owners.items() if booking is not None and whose == booking.pk}
    drawn = [
        MapSeat(
            pk=seat.pk,
            row=seat.row,
            letter=seat.letter,
            position=positions[seat.letter],
            state=_state(seat, taken=seat.pk in owners, own=seat.pk in own),
            is_exit_row=seat.is_exit_row,
            traveller=own.get(seat.pk),
        )
        for seat in sorted(seats, key=lambda seat: seat.row)
    ]
    rows = tuple(_row(number, list(row), layout) for number, row in groupby(drawn, key=lambda seat: seat.row))
    return SeatMap(flight, cabin, layout, rows)


def _state(seat: Seat, *, taken: bool, own: bool) -> SeatState:
    if own:
        return SeatState.YOURS
    if seat.blocked_for:
        return SeatState.BLOCKED
    return SeatState.TAKEN if taken else SeatState.FREE


def _row(number: int, seats: Iterable[MapSeat], layout: str) -> MapRow:
    by_letter = {seat.letter: seat for seat in seats}
    blocks = tuple(tuple(by_letter[letter] for letter in block if letter in by_letter) for block in layout.split("-"))
    return MapRow(number, blocks)
