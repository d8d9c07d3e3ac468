from datetime import timedelta

import pytest

from airlines.models import Flight
from airlines.tests.factories import make_flight
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.reminders import remind_due
from bookings.tasks import remind_travellers
from bookings.tests.factories import adult, make_booking, make_hold
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


def reminders():
    return list(Message.objects.filter(kind="flight_reminder").values_list("subject", flat=True))


def test_a_traveller_is_reminded_once_a_day_before(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)
    a_day_before = flight.departs_at - timedelta(hours=24)

    assert remind_due(now=a_day_before - timedelta(seconds=1)) == 0
    assert remind_due(now=a_day_before) == 1
    assert remind_due(now=a_day_before + timedelta(minutes=1)) == 0

    assert reminders() == [f"{booking.locator} KV101 2026-12-20"]


def test_each_flight_of_a_journey_has_its_reminder(traveller, flight, now, in_a_month):
    way_back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=8))
    make_booking(traveller, flight, way_back, now=now)

    assert remind_due(now=in_a_month - timedelta(hours=12)) == 2


def test_who_books_within_the_last_day_is_reminded_at_once(traveller, flight):
    late = flight.departs_at - timedelta(hours=3)
    make_booking(traveller, flight, now=late)

    assert remind_due(now=late) == 1


def test_a_delay_moves_the_reminder(traveller, flight, now):
    make_booking(traveller, flight, now=now)
    delayed_to = flight.departs_at + timedelta(hours=5)
    Flight.objects.update(status="delayed", departs_at=delayed_to, arrives_at=delayed_to + timedelta(hours=2))

    assert remind_due(now=flight.departs_at - timedelta(hours=24)) == 0
    assert remind_due(now=delayed_to - timedelta(hours=24)) == 1


@pytest.mark.parametrize("status", ["cancelled", "departed"])
def test_nobody_is_reminded_of_a_flight_that_does_not_leave(traveller, flight, now, status):
    make_booking(traveller, flight, now=now)
    Flight.objects.update(status=status)

    assert remind_due(now=flight.departs_at - timedelta(hours=2)) == 0


def test_nobody_is_reminded_of_an_unpaid_hold(traveller, flight):
    make_hold(traveller, flight, now=flight.departs_at - timedelta(hours=3))

    assert remind_due(now=flight.departs_at - timedelta(hours=3)) == 0


def test_the_task_reads_the_clock(traveller, now):
    make_booking(traveller, make_flight(departs_at=now + timedelta(hours=23)), now=now)

    assert remind_travellers() == 1


def test_nobody_is_reminded_of_a_flight_that_was_cancelled_out_of_the_booking(traveller, flight, now, in_a_month):
    way_back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=8))
    booking = make_booking(traveller, flight, way_back, now=now)
    confirm_cancellation(booking=booking, quote_id=quote_cancellation(booking=booking, now=now, slices=[1]).pk, now=now)

    assert remind_due(now=in_a_month - timedelta(hours=12)) == 1
    assert reminders() == [f"{booking.locator} KV101 2026-12-20"]


def test_a_reminder_names_only_who_still_flies(traveller, flight, now):
    stays, leaves = adult(given_name="Asha"), adult(given_name="Bina")
    booking = make_booking(traveller, flight, now=now, travellers=[stays, leaves])
    confirm_cancellation(
        booking=booking, quote_id=quote_cancellation(booking=booking, now=now, passengers=[1]).pk, now=now
    )

    remind_due(now=flight.departs_at - timedelta(hours=2))

    [told] = Message.objects.get(kind="flight_reminder").context["passengers"]
    assert told["name"].startswith("Asha")
