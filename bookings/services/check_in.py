"""Checking in: from `CHECK_IN_OPENS_HOURS` until `CHECK_IN_CLOSES_MINUTES` before departure, by all travellers at once.

What is locked, in this order, before anything is checked: the booking, then the cabins of its flights in primary-key
order, so that nobody checks in on a flight that is being cancelled. Who has no seat gets one, as close to each other as
free seats allow.
"""

from datetime import datetime

from django.db import transaction

from airlines.services import inventory
from bookings.exceptions import CheckInClosed, PaymentRunning
from bookings.models import Booking, Coupon, Passenger, Segment
from bookings.services.holds import is_being_paid
from bookings.services.seat_maps import SeatMap, seat_maps
from bookings.services.seat_orders import drop_open_order
from bookings.services.seating import coupons_to_seat, members_of, places_in
from bookings.services.togetherness import seat_party


@transaction.atomic
def check_in(*, booking: Booking, now: datetime) -> list[Coupon]:
    """Check in everybody on every flight of the booking that is open for it; returns their coupons.

    Seats that are ordered and not paid go back first. Raises CheckInClosed where no flight is open, PaymentRunning
    while ordered seats are being paid.
    """
    locked = Booking.objects.locked(booking.pk)
    inventory.lock_cabins(flights=locked.segments.values_list("flight_id", flat=True), cabin=locked.cabin)
    open_now = [each for each in locked.segments.select_related("flight") if each.is_open_for_check_in(now)]
    on_board = list(coupons_to_seat(locked).filter(segment__in=open_now))
    if not any(coupon.is_unused for coupon in on_board):
        raise CheckInClosed
    if is_being_paid(locked):
        raise PaymentRunning
    drop_open_order(booking=locked, now=now)
    flights = [segment.flight for segment in open_now]
    maps = seat_maps(flights=flights, cabin=locked.cabin, booking=locked)
    for segment in open_now:
        _seat(segment, [coupon for coupon in on_board if coupon.segment_id == segment.pk], maps[segment.flight_id])
    checked_in = [coupon for coupon in on_board if coupon.is_unused]
    for coupon in checked_in:
        coupon.status = Coupon.Status.CHECKED_IN
    Coupon.objects.bulk_update(checked_in, ["status", "seat"])
    return checked_in


def _seat(segment: Segment, on_flight: list[Coupon], cabin: SeatMap) -> None:
    """Give a seat to who has none; where the free ones are not enough, they are given at the gate. Not saved."""
    seatless = [
        coupon
        for coupon in on_flight
        if coupon.is_unused and coupon.seat_id is None and coupon.passenger.type != Passenger.Type.INFANT
    ]
    party = members_of(seatless, on_flight)
    taken = {str(coupon.seat) for coupon in on_flight if coupon.seat}
    free = [place for name, place in places_in(cabin).items() if name not in taken]
    places = seat_party(party=party, free=free).places if party else {}
    for coupon in seatless:
        place = places.get(coupon.passenger.position)
        coupon.seat_id = cabin.seats[place.name].pk if place else None
