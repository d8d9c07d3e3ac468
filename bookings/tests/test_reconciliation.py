from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from airlines.models import FlightCabin, Seat
from airlines.services.blocked_seats import write_seat
from airlines.tests.factories import make_flight
from bookings.models import Booking, Coupon, Payment
from bookings.services.reconciliation import reconcile
from bookings.tasks import reconcile as reconcile_task
from bookings.tests.factories import adult, infant, make_booking, make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(traveller, in_a_month, now):
    """A flight with a held and a sold adult, and an infant who has no seat."""
    flight = make_flight(departs_at=in_a_month, number="KV101")
    make_hold(traveller, flight, now=now)
    make_booking(traveller, flight, now=now, travellers=[adult(), infant()])
    return flight


def test_all_is_well(flight):
    output = StringIO()

    call_command("reconcile", stdout=output)

    assert reconcile() == []
    assert output.getvalue() == "Seats and money add up.\n"


def test_counters_that_differ_from_the_coupons_are_named(flight):
    FlightCabin.objects.filter(cabin="economy").update(seats_held=0, seats_sold=3)

    with pytest.raises(CommandError) as raised:
        call_command("reconcile")

    assert str(raised.value).splitlines() == [
        "KV101 2026-12-20 economy: seats held is 0, by its coupons 1",
        "KV101 2026-12-20 economy: seats sold is 3, by its coupons 1",
    ]


def test_money_that_does_not_add_up_is_named(flight):
    payment = Payment.objects.get()
    Payment.objects.update(amount=payment.amount - 1)

    [difference] = reconcile()

    assert str(difference) == f"{payment.booking.locator}: charged less refunded is 4399.00, by its coupons 4400.00"
    assert reconcile_task() == 1


@pytest.mark.parametrize("status", ["held", "confirmed"])
def test_a_total_that_is_not_that_of_the_coupons_is_named(flight, status):
    booking = Booking.objects.get(status=status)
    booking.total += 1
    booking.save(update_fields=["total"])

    [difference] = reconcile()

    truth = sum(coupon.total for coupon in booking.coupons.all())
    assert str(difference) == f"{booking.locator}: total is {truth + 1}, by its coupons {truth}"


def test_a_booking_without_coupons_is_worth_nothing(flight):
    booking = Booking.objects.get(status="held")
    booking.coupons.update(status="exchanged")
    FlightCabin.objects.filter(cabin="economy").update(seats_held=0)

    [difference] = reconcile()

    assert str(difference) == f"{booking.locator}: total is {booking.total}, by its coupons 0"


def test_a_traveller_on_a_seat_that_was_blocked_since_is_named(flight, now):
    coupon = Coupon.objects.filter(status="held").get()
    coupon.seat = Seat.objects.get(cabin__airplane=flight.airplane, row=12, letter="A")
    coupon.save()
    assert reconcile() == []

    seat = coupon.seat
    seat.blocked_for = "broken"
    write_seat(seat=seat, now=now)

    [misplaced] = reconcile()
    assert str(misplaced) == (
        f"{coupon.booking.locator}: seat 12A on KV101 2026-12-20 is blocked, in another cabin or another airplane"
    )


def test_seats_that_no_airplane_has_are_named(flight):
    FlightCabin.objects.filter(cabin="economy").update(capacity=151)

    [difference] = reconcile()

    assert str(difference) == "KV101 2026-12-20 economy: seats for sale is 151, by its airplane 150"


def test_it_takes_four_statements(flight, django_assert_num_queries):
    FlightCabin.objects.update(seats_sold=8)

    with django_assert_num_queries(4):
        reconcile()
