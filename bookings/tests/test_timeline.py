"""The course of a trip: what has happened, what comes next, and nothing of flights that nobody is on."""

from datetime import timedelta

import pytest
import time_machine

from airlines.models import Flight
from airlines.tests.factories import make_flight
from airlines.tests.reading import read
from bookings.models import Booking
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.choices import move
from bookings.services.expiry import expire_holds
from bookings.services.irregular_days import cancel_flight
from bookings.services.payment import pay
from bookings.tests.factories import adult, child, make_booking, make_hold
from bookings.timeline import folded, timeline_of
from bookings.trips import Trip

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


@pytest.fixture
def back(in_a_month):
    return make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=3), number="KV102")


def course(booking, now):
    """The words of each moment, with `*` before what has happened and `>` before what is next."""
    trip = Trip(Booking.objects.with_journey().prefetch_related("payments__refunds").get(pk=booking.pk), now)
    return [("* " if each.is_past else "> " if each.is_next else "  ") + each.words for each in timeline_of(trip)]


def test_a_hold_waits_to_be_paid(traveller, flight, now):
    booking = make_hold(traveller, flight, now=now)

    assert course(booking, now) == ["* Seats held", "> Pay by then, or the seats go back on sale"]


def test_a_hold_that_is_being_paid_has_no_deadline(traveller, flight, now):
    booking = make_hold(traveller, flight, now=now)
    pay(booking=booking, gateway="sandbox", token="tok_error", now=now)

    assert course(booking, now) == ["* Seats held"]


def test_a_hold_that_was_not_paid_has_ended(traveller, flight, now):
    booking = make_hold(traveller, flight, now=now)
    later = now + timedelta(hours=1)
    expire_holds(now=later)

    assert course(booking, later) == ["* Seats held", "* Not paid in time"]


def test_a_paid_trip_goes_from_check_in_to_landing(traveller, flight, in_a_month, now):
    booking = make_booking(traveller, flight, now=now)

    assert course(booking, in_a_month - timedelta(hours=47)) == [
        "* Seats held",
        "* Paid, tickets issued",
        "* Check-in for KV101 opens",
        "> Check-in for KV101 closes",
        "  KV101 leaves New Delhi (DEL)",
        "  KV101 lands in Mumbai (BOM)",
    ]


def test_a_flight_that_was_given_up_is_not_ahead(traveller, flight, back, now):
    booking = make_booking(traveller, flight, back, now=now)
    quote = quote_cancellation(booking=booking, slices=[0], now=now)
    confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

    shown = course(booking, now)

    assert "* ₹4,000 on the way back to you" in shown
    assert not any("KV101" in words for words in shown if not words.startswith("* Cancelled for"))
    assert "> Check-in for KV102 opens" in shown


def test_a_trip_that_is_partly_cancelled_says_so(page_of, traveller, flight, now):
    asha, dev = adult(given_name="Asha"), child(given_name="Dev")
    booking = make_booking(traveller, flight, now=now, travellers=[asha, dev])
    later = now + timedelta(hours=1)
    quote = quote_cancellation(booking=booking, passengers=[1], now=later)
    confirm_cancellation(booking=booking, quote_id=quote.pk, now=later)

    words = read(page_of(traveller).get(f"/trips/{booking.locator}/")).words

    assert f"* Cancelled for Dev {dev.family_name}: KV101" in course(booking, later)
    assert "A part of this trip is cancelled" in words
    assert "You are booked" not in words
    assert "1 adult" in words.partition("Economy")[0]
    assert "1 child" not in words.partition("Economy")[0]
    assert "You paid ₹7,000 Goes back to you −₹3,000 Costs you now ₹4,000 What you bought for ₹7,000" in words


def test_a_flight_that_the_airline_cancelled_is_not_ahead(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)
    Flight.objects.filter(pk=flight.pk).update(status=Flight.Status.CANCELLED)

    assert course(booking, now) == ["* Seats held", "* Paid, tickets issued"]


def test_what_the_airline_changed_is_told_with_what_became_of_it(traveller, flight, in_a_month, now):
    booking = make_booking(traveller, flight, now=now)
    later = make_flight(departs_at=in_a_month + timedelta(hours=6), number="KV105")
    cancel_flight(flight=flight, now=now + timedelta(hours=1))
    waits = course(booking, now + timedelta(hours=2))
    move(change=booking.changes.get(), flights=[later.pk], by=traveller, now=now + timedelta(hours=3))

    shown = course(booking, now + timedelta(hours=4))

    assert waits == ["* Seats held", "* Paid, tickets issued", "* We had to cancel KV101"]
    assert shown[2:5] == ["* We had to cancel KV101", "* Moved to other flights", "> Check-in for KV105 opens"]


def test_what_was_given_up_before_the_rest_stays_told(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now, travellers=[adult(given_name="Asha"), child(given_name="Dev")])
    for hours, positions in ((1, [1]), (2, None)):
        later = now + timedelta(hours=hours)
        quote = quote_cancellation(booking=booking, passengers=positions, now=later)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=later)

    words = [each for each in course(booking, now + timedelta(hours=3)) if "way back" not in each]

    assert words[2].startswith("* Cancelled for Dev")
    assert words[3:] == ["* Cancelled"]


def test_a_long_course_folds_what_is_far_ahead(traveller, in_a_month, now):
    days = [in_a_month + timedelta(days=day) for day in range(3)]
    flights = [make_flight(departs_at=day, number=f"KV10{number}") for number, day in enumerate(days)]
    booking = make_booking(traveller, *flights, now=now)
    whole = timeline_of(Trip(Booking.objects.with_journey().get(pk=booking.pk), now))

    shown, further = folded(whole)

    assert [moment.is_past for moment in shown] == [True] * 2 + [False] * 8
    assert [*shown, *further] == whole
    assert len(further) == 4


def test_times_are_those_of_the_place_where_it_happens(page_of, traveller, in_a_month, now):
    booking = make_booking(traveller, make_flight("DEL", "LHR", departs_at=in_a_month, number="KV1"), now=now)

    page = read(page_of(traveller).get(f"/trips/{booking.locator}/"))

    assert "KV1 leaves New Delhi (DEL) 12:00 IST on Sun 20 Dec 2026" in page.words
    assert "GMT on Sun 20 Dec 2026" in page.words[page.words.index("KV1 lands in London") :]


def test_who_is_checked_in_is_shown_as_such(page_of, traveller, flight, in_a_month, now):
    booking = make_booking(traveller, flight, now=now)
    day_before = in_a_month - timedelta(days=1)
    with time_machine.travel(day_before, tick=False):
        listed = read(page_of(traveller).get("/trips/"))
        check_in(booking=booking, now=day_before)
        page = read(page_of(traveller).get(f"/trips/{booking.locator}/"))

    assert "Check in" in listed.words
    assert "Checked in Ticket" in page.words
