"""Another airplane flies a flight: everybody who had chosen a seat is seated anew, in the same transaction.

What is locked, in this order, before anything is seen: all bookings with somebody on the flight in primary-key order,
the flight, its cabins. Parties that can keep all of their seats do; the others are seated by `reseating`, who booked
first first. What was paid for a seat that cannot be had, nor one of its kind, goes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from airlines.models import Airplane, Flight
from airlines.services import operations
from bookings.models import Booking, Coupon, Refund
from bookings.services import events, seat_fees
from bookings.services.holds import is_being_paid
from bookings.services.refunds import give_back
from bookings.services.reseating import Reseated, Sitter, reseat, same_seats
from bookings.services.seat_maps import SeatMap, seat_map
from bookings.services.seat_orders import drop_open_order
from bookings.services.seating import members_of, places_in
from bookings.services.telling import about, tell_owner
from bookings.services.togetherness import Place
from flights_project.lib.money import on_the_wire
from notifications.models import EventType

Seats = dict[str, Place]


@transaction.atomic
def swap_airplane(*, flight: Flight, airplane: Airplane, now: datetime) -> int:
    """`airplane` flies `flight`. Returns how many bookings were told: those whose seats have changed.

    Raises FlightClosed, InvalidRequest, see `operations.swap`.
    """
    on_it = Coupon.objects.live().filter(flight=flight).values("booking")
    bookings = Booking.objects.filter(pk__in=on_it).select_for_update(of=("self",), no_key=True)
    locked = list(bookings.select_related("family", "owner").order_by("pk"))
    before = Flight.objects.get(pk=flight.pk)
    parties = {booking: _sitting(booking, flight) for booking in locked}
    cabins = {booking.cabin for booking in locked}
    had = {cabin: places_in(seat_map(flight=before, cabin=cabin), taken=True) for cabin in cabins}
    swapped = operations.swap(flight=flight, airplane=airplane)
    Coupon.objects.live().filter(flight=flight).update(seat=None)
    for booking in locked:
        if not is_being_paid(booking):
            drop_open_order(booking=booking, now=now)
    maps = {cabin: seat_map(flight=swapped, cabin=cabin) for cabin in had}
    free = {cabin: places_in(drawn) for cabin, drawn in maps.items()}
    found = _seat_all({each: _sitters(each, parties[each], had[each.cabin], flight) for each in locked}, free)
    anew = [Anew(each, parties[each], found[each], maps[each.cabin]) for each in locked]
    return sum(_write(each, swapped, now) for each in anew)


def _sitting(booking: Booking, flight: Flight) -> list[Coupon]:
    """Who of it has a seat on the flight."""
    coupons = Coupon.objects.live().filter(booking=booking, flight=flight, seat__isnull=False)
    return list(coupons.select_related("passenger", "seat", "flight").order_by("passenger__position"))


def _sitters(booking: Booking, coupons: Sequence[Coupon], had: Seats, flight: Flight) -> list[Sitter]:
    everybody = list(Coupon.objects.live().filter(booking=booking, flight=flight).select_related("passenger", "flight"))
    members = {member.position: member for member in members_of(coupons, everybody)}
    return [
        Sitter(members[coupon.passenger.position], had[str(coupon.seat)])
        for coupon in coupons
        if str(coupon.seat) in had
    ]


def _seat_all(
    sitters: Mapping[Booking, Sequence[Sitter]], free: Mapping[str, Seats]
) -> dict[Booking, dict[int, Reseated]]:
    """New seats of all parties; `free` is used up. Whole parties that keep their seats come first."""
    found: dict[Booking, dict[int, Reseated]] = {}
    first = [booking for booking, party in sitters.items() if same_seats(party, free[booking.cabin])]
    rest = sorted(sitters.keys() - first, key=lambda booking: (booking.held_at, booking.pk))
    for booking in [*first, *rest]:
        party, places = sitters[booking], free[booking.cabin]
        found[booking] = reseat(party, places.values()) if party else {}
        for each in found[booking].values():
            if each.place is not None:
                del places[each.place.name]
    return found


@dataclass(frozen=True, slots=True)
class Anew:
    """A booking with the coupons of those who had a seat, what each of them gets, and the new airplane's cabin."""

    booking: Booking
    coupons: Sequence[Coupon]
    found: Mapping[int, Reseated]
    drawn: SeatMap

    def name_of(self, coupon: Coupon) -> str:
        """Of the seat that its traveller gets; empty for none."""
        seat = self.found.get(coupon.passenger.position)
        return seat.place.name if seat and seat.place else ""


def _write(anew: Anew, flight: Flight, now: datetime) -> bool:
    """Whether somebody of a booking that is paid sits elsewhere, and was told."""
    booking, before = anew.booking, {coupon: str(coupon.seat) for coupon in anew.coupons}
    lost = _seat(anew)
    total_stands = is_being_paid(booking)
    back = Decimal() if total_stands else sum((seat_fees.take_off(coupon) for coupon in lost), Decimal())
    Coupon.objects.bulk_update(anew.coupons, ["seat", "taxes", "total"])
    if back:
        booking.total -= back
        booking.save(update_fields=["total"])
    if booking.status != Booking.Status.CONFIRMED:
        return False
    if back:
        give_back(booking=booking, total=back, reason=Refund.Reason.SEAT_LOST, now=now)
    if before == {coupon: anew.name_of(coupon) for coupon in anew.coupons}:
        return False
    _tell(booking, flight, [f"{coupon.passenger}, {flight.number} {before[coupon]}" for coupon in lost], back, now)
    return True


def _seat(anew: Anew) -> list[Coupon]:
    """Give everybody the seat that was found; returns whose is not what they had paid for. Not saved."""
    lost = []
    for coupon in anew.coupons:
        name, seat = anew.name_of(coupon), anew.found.get(coupon.passenger.position)
        coupon.seat_id = anew.drawn.seats[name].pk if name else None
        if seat is None or not seat.keeps_its_worth:
            lost.append(coupon)
    return lost


def _tell(booking: Booking, flight: Flight, lost: Sequence[str], back: Decimal, now: datetime) -> None:
    tell_owner(
        "airplane_changed",
        booking,
        subject=about(flight, f"r{flight.revision}"),
        flight=flight,
        now=now,
        useful_until=flight.arrives_at,
        seats_lost=list(lost),
        given_back=on_the_wire(back, booking.currency) if back else None,
    )
    events.record(EventType.BOOKING_SEATS_CHANGED, booking, now=now)
