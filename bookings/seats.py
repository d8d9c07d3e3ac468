"""The page on which seats are chosen: one traveller on one flight at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from airlines.models import Flight, Seat
from bookings.models import Coupon, OrderedSeat, Passenger
from bookings.services.seat_maps import MapSeat, SeatMap, SeatState, seat_map
from bookings.services.seating import coupons_to_seat, is_closed, may_sit_at_exit
from bookings.trips import Trip


@dataclass(frozen=True, slots=True)
class SeatOption:
    """A seat as one traveller may choose it. `look` is how it is drawn, `face` what stands on it."""

    seat: MapSeat
    words: str
    look: str
    face: str
    is_chosen: bool
    can_be_chosen: bool


@dataclass(frozen=True)
class Spot:
    """One traveller on one flight."""

    trip: Trip
    coupon: Coupon
    ordered: OrderedSeat | None = None
    """What the booking's open seat order has for it."""

    @property
    def seat(self) -> Seat | None:
        """The seat that is ordered, else the one that the traveller has."""
        return self.ordered.seat if self.ordered else self.coupon.seat

    @property
    def key(self) -> tuple[int, int]:
        return self.coupon.flight_id, self.coupon.passenger.position

    @property
    def is_open(self) -> bool:
        """Whether a seat can be chosen now, as far as the booking is asked; the service asks again under its lock."""
        can_be_had = self.coupon.seat_fee is not None or self.price is not None
        return can_be_had and not is_closed(self.coupon, now=self.trip.now)

    @property
    def price(self) -> Decimal | None:
        return self.coupon.segment.family.price_of_a_seat

    @property
    def fee(self) -> Decimal:
        """What a seat would still cost."""
        if self.coupon.seat_fee is not None or (self.ordered and self.ordered.seat):
            return Decimal()
        return self.price or Decimal()

    @property
    def total_with(self) -> Decimal:
        return self.trip.total_with_order + self.fee

    @property
    def total_without(self) -> Decimal:
        if self.coupon.status == Coupon.Status.HELD:
            return self.trip.booking.total - (self.coupon.seat_fee or Decimal())
        return self.trip.total_with_order - (self.ordered.fee if self.ordered else Decimal())

    @property
    def url(self) -> str:
        flight, traveller = self.key
        page = reverse("seats", args=[self.trip.booking.locator])
        return f"{page}?{urlencode({'flight': flight, 'traveller': traveller})}"


@dataclass(frozen=True)
class SeatPage:
    """A booking's seats, and the map for the traveller and flight that were asked for."""

    trip: Trip
    asked: tuple[int, int] | None

    @cached_property
    def _coupons(self) -> list[Coupon]:
        return list(coupons_to_seat(self.trip.booking))

    @cached_property
    def spots(self) -> list[Spot]:
        """Everybody who needs a seat, flight by flight."""
        return [
            Spot(self.trip, coupon, self._ordered.get(coupon.pk))
            for coupon in self._coupons
            if coupon.passenger.type != Passenger.Type.INFANT
        ]

    @cached_property
    def _ordered(self) -> dict[int, OrderedSeat]:
        """The parts of the open seat order by coupon."""
        order = self.trip.booking.open_seat_order
        return {part.coupon_id: part for part in order.seats.all()} if order else {}

    @property
    def flights(self) -> list[tuple[Flight, list[Spot]]]:
        flights = {flight.pk: flight for part in self.trip.slices for flight in part.flights}
        return [(flights[pk], list(spots)) for pk, spots in groupby(self.spots, key=lambda spot: spot.key[0])]

    @cached_property
    def current(self) -> Spot | None:
        """The spot that was asked for, else the first without a seat, else the first of those that are open."""
        open_spots = [spot for spot in self.spots if spot.is_open]
        asked = (spot for spot in open_spots if spot.key == self.asked)
        return next(asked, self.next_without_seat or next(iter(open_spots), None))

    @property
    def next_without_seat(self) -> Spot | None:
        return next((spot for spot in self.spots if spot.is_open and spot.seat is None), None)

    @property
    def current_flight(self) -> Flight | None:
        return next((flight for flight, spots in self.flights if self.current in spots), None)

    @property
    def together_total(self) -> Decimal:
        """What the booking costs when all who can choose have a seat."""
        return self.trip.total_with_order + sum((spot.fee for spot in self.spots if spot.is_open), Decimal())

    @property
    def together_fee(self) -> Decimal:
        return self.together_total - self.trip.total_with_order

    @property
    def can_seat_together(self) -> bool:
        return any(spot.is_open for spot in self.spots)

    @cached_property
    def map(self) -> "SpotMap | None":
        """The cabin as the current spot sees it."""
        if self.current is None:
            return None
        booking = self.trip.booking
        cabin = seat_map(flight=self.current.coupon.flight, cabin=booking.cabin, booking=booking)
        flight = self.current.coupon.flight_id
        party = {coupon.passenger.position: coupon for coupon in self._coupons if coupon.flight_id == flight}
        return SpotMap(self.current, cabin, party)

    @property
    def ordered_choices(self) -> dict[tuple[int, int], str | None]:
        """What the open seat order has, as choices."""
        return {spot.key: str(spot.seat) if spot.seat else None for spot in self.spots if spot.ordered}


@dataclass(frozen=True, slots=True)
class SpotMap:
    """The cabin of a flight as one traveller chooses in it. `party` are the booking's coupons on that flight, by the
    position of their travellers."""

    spot: Spot
    cabin: SeatMap
    party: Mapping[int, Coupon]

    @property
    def blocks(self) -> list[str]:
        return self.cabin.blocks

    @property
    def rows(self) -> Iterator[tuple[int, bool, list[list[SeatOption]]]]:
        """Number, whether it is at an exit, and the seats by block."""
        for row in self.cabin.rows:
            yield row.number, row.is_exit_row, [[self._option(seat) for seat in block] for block in row.blocks]

    def swap_for(self, name: str | None) -> dict[tuple[int, int], str | None]:
        """The seat `name`, or none, for the spot; a companion who has it gets the one that is left for it."""
        choices = {self.spot.key: name}
        seat = self.cabin.seats.get(name or "")
        if seat is not None and seat.traveller not in (None, self.spot.key[1]):
            own = self.spot.seat
            choices[self.spot.key[0], seat.traveller] = str(own) if own else None
        return choices

    def _option(self, seat: MapSeat) -> SeatOption:
        is_mine = seat.traveller == self.spot.key[1]
        look, words, can = self._standing(seat, is_mine=is_mine)
        parts = [seat.name, POSITIONS[seat.position](), *([_("exit row")] if seat.is_exit_row else []), words]
        face = {"taken": "×", "blocked": "×", "exit": "–"}.get(look, seat.letter)
        if look == "companion":
            face = self._companion(seat).given_name[:1].upper()
        return SeatOption(seat, ", ".join(parts), look, face, is_mine and str(self.spot.seat) == seat.name, can)

    def _standing(self, seat: MapSeat, *, is_mine: bool) -> tuple[str, str, bool]:
        """How a seat looks, what it is called, and whether the spot's traveller can choose it."""
        if seat.state == SeatState.TAKEN:
            return "taken", _("taken"), False
        if seat.state == SeatState.BLOCKED:
            return "blocked", _("blocked"), False
        if is_mine:
            return "free", _("chosen"), True
        if seat.is_exit_row and not may_sit_at_exit(self.spot.coupon, list(self.party.values())):
            return "exit", _("not for this traveller"), False
        if seat.state == SeatState.YOURS:
            return self._of_companion(seat)
        return "free", _("free"), True

    def _of_companion(self, seat: MapSeat) -> tuple[str, str, bool]:
        can_swap = self.spot.seat is not None
        words = _("%(name)s sits here: swap") if can_swap else _("%(name)s sits here")
        return "companion", words % {"name": self._companion(seat)}, can_swap

    def _companion(self, seat: MapSeat) -> Passenger:
        return self.party[seat.traveller or 0].passenger


def asked_spot(query: Mapping[str, str]) -> tuple[int, int] | None:
    """Flight and traveller as the address names them."""
    try:
        return int(query["flight"]), int(query["traveller"])
    except (KeyError, ValueError):
        return None


POSITIONS = {
    "window": lambda: _("window"),
    "middle": lambda: _("middle"),
    "aisle": lambda: _("aisle"),
}
