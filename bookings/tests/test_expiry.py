from datetime import timedelta

import pytest

from airlines.models import FlightCabin
from airlines.tests.factories import make_flight
from bookings.services.expiry import expire_holds
from bookings.tasks import expire_holds as expire_holds_task
from bookings.tests.factories import make_booking, make_hold
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=3)


def test_an_overdue_hold_gives_its_seats_back_and_its_owner_is_told(traveller, flight, now):
    booking = make_hold(traveller, flight, now=now)

    assert expire_holds(now=booking.payment_required_by) == 1

    booking.refresh_from_db()
    assert (booking.status, booking.ended_at) == ("expired", booking.payment_required_by)
    assert FlightCabin.objects.get(flight=flight).seats_left == 3
    assert set(booking.coupons.values_list("status", flat=True)) == {"cancelled"}
    assert Message.objects.filter(kind="hold_expired", subject=booking.locator).count() == 1


def test_nothing_else_expires(traveller, flight, now):
    in_time = make_hold(traveller, flight, now=now)
    paid = make_booking(traveller, flight, now=now)

    assert expire_holds(now=in_time.payment_required_by - timedelta(seconds=1)) == 0
    assert expire_holds(now=in_time.payment_required_by) == 1
    assert expire_holds(now=in_time.payment_required_by) == 0

    paid.refresh_from_db()
    assert paid.status == "confirmed"


def test_the_task_reads_the_clock(traveller, flight, now):
    make_hold(traveller, flight, now=now - timedelta(hours=1))
    make_hold(traveller, flight, now=now)

    assert expire_holds_task() == 1


def test_one_that_cannot_end_keeps_no_other_waiting(traveller, flight, now, in_a_month):
    broken = make_hold(traveller, flight, now=now)
    FlightCabin.objects.filter(flight=flight).update(seats_held=0)
    sound = make_hold(traveller, make_flight("BOM", "BLR", departs_at=in_a_month), now=now)

    assert expire_holds(now=now + timedelta(hours=1)) == 1

    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.status, sound.status) == ("held", "expired")
