"""Who would be left behind where more came than there are seats: by stated rules, the same for everybody.

Volunteers are asked first, at the gate (14 CFR 250.2b; Regulation (EC) 261/2004, Article 4(1)). Where they are too few,
an airline boards by priority rules that it states and that prefer nobody unduly; time of check-in, a seat assignment,
the fare and travellers who need care may count (14 CFR 250.3; Regulation (EC) 261/2004, Article 11).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from airlines.models import Flight, FlightCabin
from bookings.models import Booking, Coupon, Passenger
from bookings.services.rerouting import part_from


class Priority(NamedTuple):
    """The lower, the sooner somebody is left behind. Of two the first in this list decides."""

    travels_with_children: bool
    goes_on: bool
    """By another flight, that would be missed."""
    is_checked_in: bool
    has_a_seat: bool
    family: int
    """The cheaper fare family, the lower."""
    booked_at: float
    """Negative: who booked last is left behind first."""
    booking: int


@dataclass(frozen=True, slots=True)
class Aboard:
    """A booking on a flight: how many seats it takes, and its place in the order."""

    booking: Booking
    seats: int
    priority: Priority


def left_behind(parties: Iterable[Aboard], *, seats: int) -> list[Aboard]:
    """Who stays for at least `seats` to be free: in the order of their priority, whole parties. Pure calculation.

    The last party is the first in the order that is enough and no larger than needs be.
    """
    order = sorted(parties, key=lambda party: party.priority)
    behind: list[Aboard] = []
    while seats > 0 and order:
        party = next((each for each in order if each.seats <= seats), min(order, key=_smallest_first))
        order.remove(party)
        behind.append(party)
        seats -= party.seats
    return behind


def _smallest_first(party: Aboard) -> tuple[int, Priority]:
    return party.seats, party.priority


@dataclass(frozen=True, slots=True)
class Overbooked:
    """A cabin, and who of it would be left behind if everybody came."""

    cabin: FlightCabin
    behind: Sequence[Aboard]


def overbooked_cabins(flight: Flight) -> list[Overbooked]:
    """Every cabin of `flight`, with who would be left behind of it; reads only."""
    cabins = list(flight.cabins.all())
    aboard = _aboard(flight) if any(cabin.beyond for cabin in cabins) else []
    return [
        Overbooked(
            cabin, left_behind((each for each in aboard if each.booking.cabin == cabin.cabin), seats=cabin.beyond)
        )
        for cabin in cabins
    ]


def _aboard(flight: Flight) -> list[Aboard]:
    live = Coupon.objects.live().exclude(status=Coupon.Status.HELD).filter(flight=flight)
    bookings = Booking.objects.with_journey().filter(pk__in=live.values("booking"))
    return [each for booking in bookings if (each := _party(booking, flight)) is not None]


def _party(booking: Booking, flight: Flight) -> Aboard | None:
    part = part_from(booking, flight.pk)
    if part is None or not part.seats:
        return None
    on_it = [coupon for coupon in part.coupons if coupon.flight_id == flight.pk]
    return Aboard(
        booking,
        part.seats,
        Priority(
            travels_with_children=any(each.type != Passenger.Type.ADULT for each in part.travellers),
            goes_on=len(part.segments) > 1,
            is_checked_in=all(each.status != Coupon.Status.OPEN for each in on_it),
            has_a_seat=any(each.seat_id for each in on_it),
            family=booking.family.position,
            booked_at=-booking.held_at.timestamp(),
            booking=-booking.pk,
        ),
    )
