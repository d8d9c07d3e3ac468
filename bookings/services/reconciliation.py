"""Do the counters equal the coupons, and does the money add up? Reads only, and names every difference.

Seats: on each cabin of a flight, `seats_held` and `seats_sold` are the coupons of travellers who are not infants.
Money: of each booking, its total = what its coupons were sold or are held for, and charged less refunded = value of its
sold coupons + penalties kept. The value of an exchanged coupon is that of those which took its place.
For sale: the seats of each cabin of a flight to come are those of its airplane that are not blocked.
Seating: everybody who has a seat sits in the booking's cabin of the flight's airplane, on a seat that is not blocked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from bookings.models import Reconciliation

KEPT = 100
"""Differences that are kept in words; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a counter or a sum says, and what the coupons say."""

    subject: str
    what: str
    counted: Decimal
    truth: Decimal
    by: str = "its coupons"

    def __str__(self) -> str:
        return f"{self.subject}: {self.what} is {self.counted}, by {self.by} {self.truth}"


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A traveller on a seat that they cannot have; somebody has to give them another."""

    subject: str
    flight: str
    seat: str

    def __str__(self) -> str:
        return f"{self.subject}: seat {self.seat} on {self.flight} is blocked, in another cabin or another airplane"


SEATS = """
    SELECT flight.number || ' ' || flight.departs_on || ' ' || cabin.cabin,
           cabin.seats_held, coalesce(truth.held, 0), cabin.seats_sold, coalesce(truth.sold, 0)
    FROM airlines_flightcabin cabin
    JOIN airlines_flight flight ON flight.id = cabin.flight_id
    LEFT JOIN (
        SELECT coupon.flight_id, booking.cabin,
               count(*) FILTER (WHERE coupon.status = 'held') AS held,
               count(*) FILTER (WHERE coupon.status IN ('open', 'checked_in', 'boarded', 'flown')) AS sold
        FROM bookings_coupon coupon
        JOIN bookings_booking booking ON booking.id = coupon.booking_id
        JOIN bookings_passenger passenger ON passenger.id = coupon.passenger_id
        WHERE passenger.type <> 'infant'
        GROUP BY coupon.flight_id, booking.cabin
    ) truth ON truth.flight_id = cabin.flight_id AND truth.cabin = cabin.cabin
    WHERE cabin.seats_held <> coalesce(truth.held, 0) OR cabin.seats_sold <> coalesce(truth.sold, 0)
    ORDER BY cabin.id
"""

FOR_SALE = """
    SELECT flight.number || ' ' || flight.departs_on || ' ' || cabin.cabin,
           cabin.capacity - cabin.overbooking, coalesce(fitted.seats, 0)
    FROM airlines_flightcabin cabin
    JOIN airlines_flight flight ON flight.id = cabin.flight_id
    LEFT JOIN (
        SELECT fitted.airplane_id, fitted.cabin, count(*) FILTER (WHERE seat.blocked_for = '') AS seats
        FROM airlines_cabin fitted
        JOIN airlines_seat seat ON seat.cabin_id = fitted.id
        GROUP BY fitted.airplane_id, fitted.cabin
    ) fitted ON fitted.airplane_id = flight.airplane_id AND fitted.cabin = cabin.cabin
    WHERE flight.status IN ('scheduled', 'delayed') AND flight.departs_at > %s
      AND cabin.capacity - cabin.overbooking <> coalesce(fitted.seats, 0)
    ORDER BY cabin.id
"""

LEDGER = """
    SELECT booking.locator, booking.total, coalesce(value.worth, 0),
           coalesce(money.charged, 0) - coalesce(money.refunded, 0), coalesce(value.kept, 0)
    FROM bookings_booking booking
    LEFT JOIN (
        SELECT payment.booking_id, sum(payment.amount) AS charged, sum(back.refunded) AS refunded
        FROM bookings_payment payment
        LEFT JOIN (
            SELECT payment_id, sum(amount) AS refunded FROM bookings_refund GROUP BY payment_id
        ) back ON back.payment_id = payment.id
        WHERE payment.status IN ('succeeded', 'partly_refunded', 'refunded')
        GROUP BY payment.booking_id
    ) money ON money.booking_id = booking.id
    LEFT JOIN (
        SELECT booking_id, sum(total) AS worth,
               sum(CASE WHEN status = 'cancelled' THEN penalty ELSE total END) FILTER (WHERE status <> 'held') AS kept
        FROM bookings_coupon
        WHERE status <> 'exchanged'
        GROUP BY booking_id
    ) value ON value.booking_id = booking.id
    WHERE booking.total <> coalesce(value.worth, 0)
       OR coalesce(money.charged, 0) - coalesce(money.refunded, 0) <> coalesce(value.kept, 0)
    ORDER BY booking.id
"""


SEATING = """
    SELECT booking.locator, flight.number || ' ' || flight.departs_on, seat.row || seat.letter
    FROM bookings_coupon coupon
    JOIN bookings_booking booking ON booking.id = coupon.booking_id
    JOIN airlines_flight flight ON flight.id = coupon.flight_id
    JOIN airlines_seat seat ON seat.id = coupon.seat_id
    JOIN airlines_cabin cabin ON cabin.id = seat.cabin_id
    WHERE coupon.status IN ('held', 'open', 'checked_in', 'boarded')
      AND (seat.blocked_for <> '' OR cabin.cabin <> booking.cabin OR cabin.airplane_id <> flight.airplane_id)
    ORDER BY coupon.id
"""


def reconcile() -> list[Difference | Misplaced]:
    """Every difference there is; none where all is well. Four statements, whatever the number of bookings."""
    return [*_seats(), *_for_sale(), *_ledger(), *_seating()]


def reconcile_and_keep(*, now: datetime) -> list[Difference | Misplaced]:
    """As `reconcile`; what was found is kept for the desk."""
    differences = reconcile()
    first = [str(difference) for difference in differences[:KEPT]]
    Reconciliation.objects.create(ran_at=now, count=len(differences), differences=first)
    return differences


def _seats() -> Iterator[Difference]:
    for subject, held, truly_held, sold, truly_sold in _rows(SEATS):
        if held != truly_held:
            yield Difference(subject, "seats held", held, truly_held)
        if sold != truly_sold:
            yield Difference(subject, "seats sold", sold, truly_sold)


def _for_sale() -> Iterator[Difference]:
    for subject, counted, truth in _rows(FOR_SALE, timezone.now()):
        yield Difference(subject, "seats for sale", counted, truth, by="its airplane")


def _ledger() -> Iterator[Difference]:
    for locator, total, worth, balance, kept in _rows(LEDGER):
        if total != worth:
            yield Difference(locator, "total", total, worth)
        if balance != kept:
            yield Difference(locator, "charged less refunded", balance, kept)


def _seating() -> Iterator[Misplaced]:
    return (Misplaced(locator, flight, seat) for locator, flight, seat in _rows(SEATING))


def _rows(statement: str, *parameters: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
