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
from bookings.services.expiry import expire_holds
from bookings.services.payment import pay
from bookings.tests.factories import adult, child, make_booking, make_hold
from bookings.timeline import timeline_of
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
