"""Delay, gate, cancellation: the flight changes and everybody booked on it is told, in one transaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction

from airlines.exceptions import FlightClosed
from airlines.models import Flight
from airlines.services import inventory
from airlines.tests.factories import make_flight
from airlines.tests.races import PATIENCE
from bookings.models import Booking
from bookings.services import settlement
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.expiry import expire_holds
from bookings.services.irregular_days import cancel_flight, change_gate, delay_flight, write_to_travellers
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.tests.factories import adult, make_booking, make_hold
from flights_project.lib.errors import InvalidRequest
from notifications.models import Message
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db
QUERIES = 44
"""Of a delay, beside those for each booking."""


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


def told(kind):
    return list(Message.objects.filter(kind=kind, way="email").order_by("written_at", "subject"))


def delay(flight, now, hours=5):
    moved = flight.departs_at + timedelta(hours=hours)
    return delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=now)


class TestDelay:
    def test_the_flight_moves_and_everybody_is_told_both_times(self, traveller, stranger, flight, now):
        make_booking(traveller, flight, now=now)
        make_booking(stranger, flight, now=now)

        assert delay(flight, now) == 2

        flight.refresh_from_db()
        assert (flight.status, flight.revision) == ("delayed", 1)
        words = render(told("flight_delayed")[0]).text
        assert "on Sun 20 Dec 2026 at 17:00" in words
        assert "on Sun 20 Dec 2026 at 12:00" in words

    def test_each_delay_is_told(self, traveller, flight, now):
        make_booking(traveller, flight, now=now)
        delay(flight, now)
        delay(flight, now, hours=6)
        delay(flight, now)

        assert len(told("flight_delayed")) == 3

    def test_past_midnight_it_stays_the_flight_of_its_day(self, flight, now):
        delay(flight, now, hours=20)

        flight.refresh_from_db()
        assert f"{flight.departs_on}" == "2026-12-20"

    def test_who_has_a_phone_gets_a_text_message(self, traveller, flight, now):
        make_booking(traveller, flight, now=now)
        delay(flight, now)

        assert Message.objects.get(kind="flight_delayed", way="sms").recipient == "+911100000000"

    def test_nobody_is_told_of_what_concerns_them_no_more(self, traveller, stranger, flight, now):
        make_hold(stranger, flight, now=now)
        booking = make_booking(traveller, flight, now=now)
        confirm_cancellation(booking=booking, quote_id=quote_cancellation(booking=booking, now=now).pk, now=now)

        assert delay(flight, now) == 0

    def test_a_time_that_has_passed_is_refused_by_name(self, flight, now):
        with pytest.raises(InvalidRequest) as refused:
            delay_flight(flight=flight, departs_at=now, arrives_at=now + timedelta(hours=2), now=now)

        assert list(refused.value.errors) == ["departs_at"]

    @pytest.mark.parametrize("status", ["departed", "landed", "cancelled"])
    def test_a_flight_that_is_over_stays_as_it_is(self, flight, now, status):
        Flight.objects.update(status=status)

        for change in (
            lambda: delay(flight, now),
            lambda: change_gate(flight=flight, gate="14B", now=now),
            lambda: cancel_flight(flight=flight, now=now),
        ):
            with pytest.raises(FlightClosed):
                change()

    @pytest.mark.parametrize("bookings", [1, 4])
    def test_telling_costs_two_statements_for_each_booking_its_message_and_its_event(
        self, traveller, flight, now, bookings, django_assert_num_queries, settings
    ):
        settings.OPEN_HOLDS_PER_USER = 10
        for _ in range(bookings):
            make_booking(traveller, flight, now=now)

        with django_assert_num_queries(QUERIES + 2 * bookings):
            delay(flight, now)


class TestGate:
    def test_the_first_gate_is_no_change(self, traveller, flight, now):
        make_booking(traveller, flight, now=now)

        assert change_gate(flight=flight, gate="14B", now=now) == 0
        assert change_gate(flight=flight, gate="14B", now=now) == 0

    def test_another_gate_is_told_there_and_back(self, traveller, flight, now):
        make_booking(traveller, flight, now=now)
        change_gate(flight=flight, gate="14B", now=now)

        assert change_gate(flight=flight, gate="2", now=now) == 1
        assert change_gate(flight=flight, gate="14B", now=now) == 1

        [first, second] = told("gate_changed")
        assert render(first).subject == "KV101 leaves from gate 2"
        assert "no longer from gate 14B" in render(first).text
        assert render(second).subject == "KV101 leaves from gate 14B"


class TestCancelledFlight:
    def test_its_travellers_are_told_and_may_have_all_their_money_back(self, traveller, flight, now):
        """The cheapest fare gives nothing back where a traveller cancels, and everything where the airline does."""
        booking = make_booking(traveller, flight, now=now)
        later = flight.departs_at - timedelta(hours=2)

        assert cancel_flight(flight=flight, now=later) == 1

        assert "All your money back" in render(told("flight_cancelled")[0]).text
        quote = quote_cancellation(booking=booking, now=later)
        assert (quote.refund, quote.penalty) == (booking.total, 0)

    def test_the_whole_journey_comes_back_not_only_the_cancelled_flight(self, traveller, flight, now, in_a_month):
        way_back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=5))
        booking = make_booking(traveller, flight, way_back, now=now)
        later = now + timedelta(days=3)
        before = quote_cancellation(booking=booking, now=later).refund
        cancel_flight(flight=flight, now=later)

        assert before == 0
        assert quote_cancellation(booking=booking, now=later).refund == booking.total

    def test_the_choice_stays_open_after_the_day_of_the_flight(self, traveller, flight, now, page_of):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        quote = quote_cancellation(booking=booking, now=flight.departs_at + timedelta(days=9))
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=flight.departs_at + timedelta(days=9))

        booking.refresh_from_db()
        assert booking.status == "cancelled"
        assert reconcile() == []

    def test_the_trips_page_and_the_api_show_the_choice(self, traveller, flight, now, page_of, as_user):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        page = page_of(traveller).get(f"/trips/{booking.locator}/").content.decode()
        answer = as_user(traveller).get(f"/api/v1/bookings/{booking.locator}/").json()

        assert "We had to cancel KV101" in page
        assert "Get the money back" in page
        assert answer["slices"][0]["segments"][0]["status"] == "cancelled"
        assert "cancel" in answer["available_actions"]

    @pytest.mark.parametrize(("days_later", "kept"), [(None, False), (5, True)])
    def test_what_is_left_of_the_trip_can_be_kept_where_something_is(
        self, traveller, flight, now, in_a_month, days_later, kept
    ):
        back = [make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=days_later))] if days_later else []
        booking = make_booking(traveller, flight, *back, now=now)

        cancel_flight(flight=flight, now=now)

        words = render(told("flight_cancelled")[0]).text
        assert ("keep the rest of the trip" in words) == kept
        assert (f"/trips/{booking.locator}/cancel/" in words) == kept

    def test_nothing_is_left_of_a_trip_whose_way_out_was_flown(self, traveller, flight, now, in_a_month):
        back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=5))
        make_booking(traveller, flight, back, now=now)

        cancel_flight(flight=back, now=flight.departs_at + timedelta(minutes=1))

        assert "keep the rest" not in render(told("flight_cancelled")[0]).text

    def test_holds_that_are_not_paid_end_and_say_why(self, traveller, flight, now):
        hold = make_hold(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        assert expire_holds(now=now) == 1

        hold.refresh_from_db()
        assert hold.status == "expired"
        assert "nothing was charged" in render(told("flight_cancelled")[0]).text
        assert not told("hold_expired")
        assert reconcile() == []

    def test_a_payment_that_ran_meanwhile_is_told_of_both(self, traveller, flight, now, monkeypatch):
        hold = make_hold(traveller, flight, now=now)
        prepared = settlement._confirm

        def cancelled_meanwhile(booking, now):
            cancel_flight(flight=flight, now=now)
            return prepared(booking, now)

        monkeypatch.setattr(settlement, "_confirm", cancelled_meanwhile)
        pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)

        assert len(told("booking_confirmed")) == 1
        assert len(told("flight_cancelled")) == 1

    def test_nobody_can_buy_it_any_more(self, flight, now, client):
        cancel_flight(flight=flight, now=now)

        assert not Flight.objects.open_for_sale(now).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_a_payment_at_the_moment_of_a_cancellation_tells_what_is_true(traveller, flight, now, monkeypatch, locked):
    """The cancellation has its locks when the payment comes to the cabins. With the lock the payment waits and then
    sees it; without (the control) it tells of a flight that does not go, and of nothing else."""
    hold = make_hold(traveller, flight, now=now)
    grounded, at_the_cabins = Event(), Event()
    real_lock = inventory.lock_cabins

    def payment_locks(**asked):
        at_the_cabins.set()
        if not locked:
            return [cabin for cabin in flight.cabins.all() if cabin.cabin == asked["cabin"]]
        return real_lock(**asked)

    def pay_now():
        grounded.wait(PATIENCE)
        try:
            pay(booking=Booking.objects.get(pk=hold.pk), gateway="sandbox", token="tok_ok", now=now)
        finally:
            connection.close()

    monkeypatch.setattr(settlement.inventory, "lock_cabins", payment_locks)
    if not locked:
        monkeypatch.setattr(settlement.inventory, "sell_held_seats", lambda **seats: None)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            cancel_flight(flight=flight, now=now)
            paid = pool.submit(pay_now)
            grounded.set()
            assert at_the_cabins.wait(PATIENCE)
            if not locked:
                paid.result(PATIENCE)
        paid.result(PATIENCE)

    assert len(told("booking_confirmed")) == 1
    assert len(told("flight_cancelled")) == (1 if locked else 0)


class TestLetters:
    def test_everybody_booked_gets_it_once_however_often_it_is_sent(self, traveller, stranger, flight, now):
        make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
        make_booking(stranger, flight, now=now)
        letter = {"flight": flight, "headline": "Bring a coat", "body": "It is <cold>.", "key": "abc", "now": now}

        assert write_to_travellers(**letter) == 2
        write_to_travellers(**letter)

        mail = render(told("flight_note")[0])
        assert len(told("flight_note")) == 2
        assert mail.subject == "Bring a coat"
        assert "It is <cold>." in mail.text
        assert "It is &lt;cold&gt;." in mail.html
