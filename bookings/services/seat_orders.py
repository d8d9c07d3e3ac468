"""Seats that are paid for after the tickets were issued: ordered, kept for some minutes, paid, and only then taken.

An order is written by `seating.choose_seats` under the locks of the booking and of its flights' cabins. Until it is
paid or lapses its seats are nobody else's (`nobody_orders_anothers_seat`), and the travellers keep those that they
have. It is paid like the journey, by a `Payment` of its own; the fee becomes a line of each coupon's price, so that it
is given back by the rules of the fare when the coupon is cancelled.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from airlines.models import Flight
from airlines.services import inventory
from bookings.models import Booking, Coupon, OrderedSeat, SeatOrder
from bookings.services import events, seat_fees
from bookings.services.constraints import constraint_of
from bookings.services.holds import is_being_paid
from bookings.services.rounds import count_done
from bookings.services.telling import tell_owner
from flights_project.lib.money import on_the_wire
from notifications.models import EventType

log = structlog.get_logger(__name__)

BATCH = 500
TAKEN_MEANWHILE = ("nobody_orders_anothers_seat", "nobody_on_anothers_seat")


class SeatsGoneMeanwhile(Exception):
    """What was paid for cannot be had any more."""


def order_seats(
    *, booking: Booking, seats: Mapping[Coupon, int | None], fees: Mapping[Coupon, Decimal], now: datetime
) -> SeatOrder:
    """Keep `seats` (ids) until `payment_required_by`. The booking and its cabins are locked, the seats are free."""
    order = SeatOrder.objects.create(
        booking=booking,
        amount=sum(fees.values(), Decimal()),
        ordered_at=now,
        payment_required_by=now + settings.SEAT_ORDER_LIFETIME,
    )
    OrderedSeat.objects.bulk_create(
        OrderedSeat(order=order, coupon=coupon, flight_id=coupon.flight_id, seat_id=seat, fee=fees[coupon])
        for coupon, seat in seats.items()
    )
    return order


def drop_open_order(*, booking: Booking, now: datetime) -> None:
    """A new choice stands in the place of an order that is not paid. The booking is locked and no payment runs."""
    for order in booking.seat_orders.open():
        _lapse(order, now)


def lapse_overdue(*, now: datetime) -> int:
    """End every order whose time to pay is over and for which no payment runs; returns how many it ended."""
    overdue = SeatOrder.objects.open().filter(payment_required_by__lte=now)

    def lapse(order: SeatOrder) -> bool:
        return _lapse_if_overdue(order, now)

    return count_done(lapse, list(overdue.order_by("payment_required_by")[:BATCH]))


@transaction.atomic
def _lapse_if_overdue(order: SeatOrder, now: datetime) -> bool:
    """Lock first, then look: a payment may have started between the list and the lock."""
    free = Booking.objects.filter(pk=order.booking_id).select_for_update(of=("self",), no_key=True, skip_locked=True)
    booking = free.first()
    return booking is not None and not is_being_paid(booking) and _lapse(order, now)


def _lapse(order: SeatOrder, now: datetime) -> bool:
    """Its seats can be chosen by others."""
    lapsed = SeatOrder.objects.open().filter(pk=order.pk).update(status=SeatOrder.Status.LAPSED)
    if lapsed:
        order.seats.update(released_at=now)
    return bool(lapsed)


def fulfil(*, order: SeatOrder, booking: Booking, now: datetime) -> bool:
    """Paid: everybody gets the seat that was ordered, be it late where it is still free. The booking is locked.

    False where a seat, a flight or a ticket is gone meanwhile; then nothing has changed.
    """
    try:
        with transaction.atomic():
            _seat_everybody(order, booking, now)
    except SeatsGoneMeanwhile:
        return False
    except IntegrityError as error:
        if constraint_of(error) not in TAKEN_MEANWHILE:
            raise
        return False
    events.record(EventType.BOOKING_SEATS_CHANGED, booking, now=now)
    paid = on_the_wire(order.amount, booking.currency)
    tell_owner("seats_paid", booking, subject=str(order.pk), paid=paid, now=now)
    log.info("seats_paid", booking=booking.locator, amount=str(order.amount))
    return True


def _seat_everybody(order: SeatOrder, booking: Booking, now: datetime) -> None:
    inventory.lock_cabins(flights=order.seats.values_list("flight_id", flat=True), cabin=booking.cabin)
    parts = list(order.seats.select_related("coupon__flight", "seat__cabin", "order"))
    order.seats.update(released_at=None)  # a lapsed one asks for its seats again: the constraint decides
    if not all(_can_be_had(part, now) for part in parts) or _is_taken(order):
        raise SeatsGoneMeanwhile
    for part in parts:
        seat_fees.put_on(part.coupon, part.fee)
    coupons = [part.coupon for part in parts]
    Coupon.objects.filter(pk__in=[coupon.pk for coupon in coupons]).update(seat=None)
    for part in parts:
        part.coupon.seat_id = part.seat_id
    Coupon.objects.bulk_update(coupons, ["seat", "taxes", "total"])
    order.seats.update(released_at=now)
    order.status = SeatOrder.Status.PAID
    order.save(update_fields=["status"])
    booking.total += order.amount
    booking.save(update_fields=["total"])


def _is_taken(order: SeatOrder) -> bool:
    """Whether somebody of another booking sits on one of its seats."""
    here = {"flight": OuterRef("flight"), "seat": OuterRef("seat")}
    others = Coupon.objects.live().filter(**here).exclude(booking=order.booking_id)
    return order.seats.filter(Exists(others)).exists()


def _can_be_had(part: OrderedSeat, now: datetime) -> bool:
    """The ticket is still good, the flight still flies with this airplane, and the seat is not blocked."""
    coupon, flight, seat = part.coupon, part.coupon.flight, part.seat
    flies = flight.status in Flight.FOR_SALE and flight.departs_at > now
    fits = seat is None or (not seat.blocked_for and seat.cabin.airplane_id == flight.airplane_id)
    is_here = coupon.booking_id == part.order.booking_id  # else its traveller was split off meanwhile
    return coupon.status == Coupon.Status.OPEN and is_here and flies and fits
