"""Reminders follow the flight: each once, in its time, to who still flies."""

from datetime import UTC, datetime, timedelta

import pytest

from airlines.models import Flight
from airlines.tests.factories import make_flight
from bookings.models import Segment
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.irregular_days import cancel_flight, delay_flight
from bookings.services.reminders import remind_due
from bookings.tasks import remind_travellers
from bookings.tests.factories import adult, make_booking, make_hold
from notifications.models import Message

pytestmark = pytest.mark.django_db

KINDS = ["check_in_open", "flight_reminder", "check_in_closing"]


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


def told():
    """The kinds of all reminders, in the order in which they were written."""
    return list(
        Message.objects.filter(kind__in=KINDS, way="email")
        .order_by("written_at", "kind")
        .values_list("kind", flat=True)
    )


def hours_before(flight, hours):
    return flight.departs_at - timedelta(hours=hours)


def test_each_reminder_comes_once_in_its_time(traveller, flight, now):
    make_booking(traveller, flight, now=now)

    for hours, kind in [(48, "check_in_open"), (24, "flight_reminder"), (3, "check_in_closing")]:
        moment = hours_before(flight, hours)
        assert remind_due(now=moment - timedelta(seconds=1)) == 0
        assert remind_due(now=moment) == 1
        assert remind_due(now=moment + timedelta(minutes=1)) == 0
        assert told()[-1] == kind


def test_each_flight_of_a_journey_has_its_reminders(traveller, flight, now, in_a_month):
    way_back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=8))
    make_booking(traveller, flight, way_back, now=now)

    assert remind_due(now=in_a_month - timedelta(hours=12)) == 4


@pytest.mark.parametrize(
    ("hours", "kinds"),
    [
        (49, []),
        (30, ["check_in_open"]),
        (10, ["check_in_open", "flight_reminder"]),
        (3, ["check_in_closing"]),
        (2, ["check_in_closing"]),
        (0.9, []),
    ],
)
def test_who_books_late_is_told_at_once_what_is_still_of_use(traveller, flight, hours, kinds):
    late = hours_before(flight, hours)
    make_booking(traveller, flight, now=late)

    remind_due(now=late)

    assert told() == kinds


def test_a_delay_moves_what_was_not_told(traveller, flight, now):
    make_booking(traveller, flight, now=now)
    moved = flight.departs_at + timedelta(hours=5)
    delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=now)

    assert remind_due(now=hours_before(flight, 48)) == 0
    assert remind_due(now=moved - timedelta(hours=48)) == 1


def test_a_delay_takes_back_what_was_told_too_early(traveller, flight, now):
    """Reminded 24 hours before, it now leaves in 34: the day before comes again, and check-in stays open as told."""
    make_booking(traveller, flight, now=now)
    remind_due(now=hours_before(flight, 48))
    told_at = hours_before(flight, 24)
    remind_due(now=told_at)
    moved = flight.departs_at + timedelta(hours=10)
    delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=told_at)

    assert remind_due(now=told_at) == 0
    assert remind_due(now=moved - timedelta(hours=24)) == 1
    assert told() == ["check_in_open", "flight_reminder", "flight_reminder"]


def test_a_cancelled_flight_reminds_nobody(traveller, flight, now):
    make_booking(traveller, flight, now=now)
    cancel_flight(flight=flight, now=now)

    assert remind_due(now=hours_before(flight, 2)) == 0


def test_nobody_is_reminded_of_a_flight_that_has_left(traveller, flight, now):
    make_booking(traveller, flight, now=now)
    Flight.objects.update(status="departed")

    assert remind_due(now=hours_before(flight, 2)) == 0


def test_nobody_is_reminded_of_an_unpaid_hold(traveller, flight):
    make_hold(traveller, flight, now=hours_before(flight, 3))

    assert remind_due(now=hours_before(flight, 3)) == 0


def test_the_task_reads_the_clock(traveller, now):
    make_booking(traveller, make_flight(departs_at=now + timedelta(hours=23)), now=now)

    assert remind_travellers() == 2


def test_a_cancelled_coupon_stops_its_reminders(traveller, flight, now, in_a_month):
    way_back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=8))
    booking = make_booking(traveller, flight, way_back, now=now)
    confirm_cancellation(booking=booking, quote_id=quote_cancellation(booking=booking, now=now, slices=[1]).pk, now=now)

    assert remind_due(now=in_a_month - timedelta(hours=12)) == 2
    assert {message.context["flight"]["number"] for message in Message.objects.filter(kind__in=KINDS)} == {"KV101"}


def test_a_reminder_names_only_who_still_flies(traveller, flight, now):
    stays, leaves = adult(given_name="Asha"), adult(given_name="Bina")
    booking = make_booking(traveller, flight, now=now, travellers=[stays, leaves])
    confirm_cancellation(
        booking=booking, quote_id=quote_cancellation(booking=booking, now=now, passengers=[1]).pk, now=now
    )

    remind_due(now=hours_before(flight, 20))

    [passenger] = Message.objects.get(kind="flight_reminder").context["passengers"]
    assert passenger["name"].startswith("Asha")


def test_who_has_checked_in_hears_no_last_call(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)
    check_in(booking=booking, now=hours_before(flight, 20))

    remind_due(now=hours_before(flight, 2))

    assert told() == []
    assert Segment.objects.get().reminder == Segment.Reminder.LAST_CALL


def test_a_reminder_is_of_use_until_check_in_closes_or_the_flight_leaves(traveller, flight, now):
    make_booking(traveller, flight, now=now)
    remind_due(now=hours_before(flight, 20))

    until = dict(Message.objects.filter(kind__in=KINDS).values_list("kind", "useful_until"))
    assert until == {"check_in_open": hours_before(flight, 1), "flight_reminder": flight.departs_at}


@pytest.mark.parametrize(
    ("zone_airport", "departs_at"),
    [
        ("LHR", datetime(2027, 3, 28, 11, tzinfo=UTC)),  # that night clocks in London went forward
        ("LHR", datetime(2026, 10, 25, 11, tzinfo=UTC)),  # and here back
        ("JFK", datetime(2027, 3, 14, 17, tzinfo=UTC)),
    ],
)
def test_a_change_of_clocks_shifts_no_reminder(traveller, zone_airport, departs_at):
    """24 hours are 24 hours, though the clock on the wall shows 23 or 25 less."""
    flight = make_flight(zone_airport, "DEL", departs_at=departs_at, hours=9)
    make_booking(traveller, flight, now=departs_at - timedelta(days=10))
    remind_due(now=hours_before(flight, 47))

    assert remind_due(now=hours_before(flight, 24) - timedelta(seconds=1)) == 0
    assert remind_due(now=hours_before(flight, 24)) == 1
