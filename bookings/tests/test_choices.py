"""What travellers choose when the airline changed a flight: accept, other flights, money back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from icalendar import Calendar

from airlines.exceptions import SeatsGone
from airlines.models import FareFamily, Flight, FlightCabin
from airlines.tests.factories import make_flight
from airlines.tests.races import PATIENCE, at_once
from bookings.exceptions import ChangeClosed, FlightsDoNotFit, NothingProposed, PaymentRunning, TravellerElsewhere
from bookings.models import ItineraryChange, Payment
from bookings.services import settlement
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.choices import accept, move, refund, ways_of
from bookings.services.enclosures import enclose
from bookings.services.irregular_days import cancel_flight, delay_flight, retime_flight
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, child, infant, make_booking, make_hold, make_journey
from notifications.models import Event, Message
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


@pytest.fixture
def later(in_a_month):
    """The same way, three hours later."""
    return make_flight(departs_at=in_a_month + timedelta(hours=3), number="KV103")


@pytest.fixture(autouse=True)
def _adds_up():
    yield
    assert [str(difference) for difference in reconcile()] == []


def change_of(booking):
    return ItineraryChange.objects.get(booking=booking, status="open")


def live(booking):
    coupons = booking.coupons.live().order_by("segment__position", "passenger__position")
    return [(coupon.flight.number, coupon.passenger.position) for coupon in coupons.select_related("flight")]


def sold(flight):
    return FlightCabin.objects.get(flight=flight, cabin="economy").seats_sold


def delay(flight, now, hours=5):
    moved = flight.departs_at + timedelta(hours=hours)
    delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=now)


class TestWhoMayChoose:
    def test_everybody_of_a_cancelled_flight(self, traveller, stranger, flight, now):
        bookings = [make_booking(owner, flight, now=now) for owner in (traveller, stranger)]
        cancel_flight(flight=flight, now=now)

        assert [change_of(booking).cause for booking in bookings] == ["flight_cancelled"] * 2

    @pytest.mark.parametrize(("minutes", "chooses"), [(59, False), (60, True), (-60, True)])
    def test_of_a_flight_that_is_moved_much(self, traveller, flight, now, minutes, chooses):
        make_booking(traveller, flight, now=now)
        delay(flight, now, hours=minutes / 60)

        assert ItineraryChange.objects.filter(cause="flight_moved").exists() is chooses

    @pytest.mark.parametrize(
        ("minutes", "chooses"),
        [
            ([20, 20], False),
            ([20, 20, 20], True),
            ([59, 1], True),
            ([-30, -30], True),
            ([50, -20, 29], False),
            ([50, -20, 30], True),
            ([40, -80], False),
        ],
    )
    def test_small_delays_add_up_against_what_was_bought(self, traveller, flight, now, minutes, chooses):
        make_booking(traveller, flight, now=now)
        for each in minutes:
            flight.refresh_from_db()
            delay(flight, now, hours=each / 60)

        assert ItineraryChange.objects.filter(cause="flight_moved", status="open").exists() is chooses

    @pytest.mark.parametrize(("after", "chooses"), [([59], False), ([60], True), ([30, 30], True), ([-59, 59], False)])
    def test_what_was_accepted_is_what_later_delays_add_up_against(self, traveller, flight, now, after, chooses):
        booking = make_booking(traveller, flight, now=now)
        delay(flight, now, hours=1)
        accept(change=change_of(booking), by=traveller, now=now)
        for each in after:
            flight.refresh_from_db()
            delay(flight, now, hours=each / 60)

        assert ItineraryChange.objects.filter(status="open").exists() is chooses

    def test_who_buys_after_a_delay_bought_the_new_time(self, traveller, stranger, flight, now):
        earlier = make_booking(traveller, flight, now=now)
        delay(flight, now, hours=40 / 60)
        flight.refresh_from_db()
        make_booking(stranger, flight, now=now)
        delay(flight, now, hours=40 / 60)

        assert [change.booking for change in ItineraryChange.objects.all()] == [earlier]

    def test_many_small_changes_of_the_timetable_add_up_and_are_told_then(self, traveller, flight, now, settings):
        settings.SCHEDULE_CHANGE_TOLD = timedelta(minutes=10)
        make_booking(traveller, flight, now=now)
        told = []
        for _ in range(7):
            flight.refresh_from_db()
            times = [moment + timedelta(minutes=9) for moment in (flight.departs_at, flight.arrives_at)]
            told.append(retime_flight(flight=flight, departs_at=times[0], arrives_at=times[1], now=now))

        assert told == [0, 0, 0, 0, 0, 0, 1]

    def test_who_had_something_to_choose_still_has_where_the_flight_can_be_made_again(self, traveller, flight, now):
        on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(minutes=60))
        booking = make_journey(traveller, [flight, on], now=now)
        delay(flight, now, hours=0.5)
        flight.refresh_from_db()
        delay(flight, now, hours=-0.5)

        change = change_of(booking)
        assert (change.cause, change.proposed) == ("flight_moved", [])
        assert "accept" in change.available_choices

    def test_whoever_would_miss_a_connection(self, traveller, flight, now):
        on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(minutes=60))
        booking = make_journey(traveller, [flight, on], now=now)
        delay(flight, now, hours=0.5)

        assert change_of(booking).cause == "connection_missed"

    def test_another_change_of_the_flight_is_the_same_choice_with_its_cause(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        delay(flight, now)
        cancel_flight(flight=flight, now=now)

        assert change_of(booking).cause == "flight_cancelled"
        assert ItineraryChange.objects.count() == 1

    def test_a_payment_that_ran_while_the_flight_was_cancelled(self, traveller, flight, now, monkeypatch):
        hold, confirm = make_hold(traveller, flight, now=now), settlement._confirm

        def cancelled_meanwhile(booking, now):
            cancel_flight(flight=flight, now=now)
            return confirm(booking, now)

        monkeypatch.setattr(settlement, "_confirm", cancelled_meanwhile)
        pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)

        assert change_of(hold).available_choices == ["move", "refund"]

    @pytest.mark.parametrize(("minutes", "chooses"), [([59], False), ([60], True), ([30, 30], True)])
    def test_who_held_the_flight_before_it_was_moved_much_and_pays(self, traveller, flight, now, minutes, chooses):
        hold = make_hold(traveller, flight, now=now)
        for each in minutes:
            flight.refresh_from_db()
            delay(flight, now, hours=each / 60)
        assert not Message.objects.filter(kind="flight_delayed").exists()

        pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)

        assert ItineraryChange.objects.filter(booking=hold, cause="flight_moved", status="open").exists() is chooses
        told = Message.objects.filter(kind="flight_delayed").values_list("context__was_departs", flat=True)
        assert set(told) == ({"12:00"} if chooses else set())


class TestMoving:
    def test_everybody_flies_the_other_flight_with_the_same_tickets_and_value(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now, travellers=[adult(), child(), infant(with_adult=0)])
        numbers = [passenger.ticket.number for passenger in booking.passengers.all()]
        cancel_flight(flight=flight, now=now)

        done = move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)

        booking.refresh_from_db()
        assert (done.status, done.decided_by) == ("moved", traveller)
        assert live(booking) == [("KV103", 0), ("KV103", 1), ("KV103", 2)]
        assert {coupon.status for coupon in booking.coupons.filter(flight=flight)} == {"exchanged"}
        assert (sold(flight), sold(later)) == (0, 2)
        assert sum(coupon.total for coupon in booking.coupons.live()) == booking.total
        assert [passenger.ticket.number for passenger in booking.passengers.all()] == numbers

    def test_over_a_connection_and_the_way_back_stays(self, traveller, flight, now, in_a_month):
        back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=5), number="KV102")
        booking = make_booking(traveller, flight, back, now=now)
        first = make_flight("DEL", "AMD", departs_at=in_a_month + timedelta(hours=1), number="KV301")
        second = make_flight("AMD", "BOM", departs_at=in_a_month + timedelta(hours=5), number="KV302")
        cancel_flight(flight=flight, now=now)

        move(change=change_of(booking), flights=[first.pk, second.pk], by=traveller, now=now)

        assert live(booking) == [("KV301", 0), ("KV302", 0), ("KV102", 0)]
        assert list(booking.segments.values_list("position", "slice")) == [(0, 0), (1, 0), (2, 1)]
        assert all(coupon.total > 0 for coupon in booking.coupons.live())

    def test_a_direct_flight_in_the_place_of_a_connection(self, traveller, now, in_a_month, as_user):
        first = make_flight("DEL", "AMD", departs_at=in_a_month)
        second = make_flight("AMD", "BOM", departs_at=in_a_month + timedelta(hours=4))
        direct = make_flight(departs_at=in_a_month + timedelta(hours=1), number="KV101")
        booking = make_journey(traveller, [first, second], now=now)
        cancel_flight(flight=first, now=now)

        move(change=change_of(booking), flights=[direct.pk], by=traveller, now=now)

        assert live(booking) == [("KV101", 0)]
        assert (sold(first), sold(second), sold(direct)) == (0, 0, 1)
        answer = as_user(traveller).get(f"/api/v1/bookings/{booking.locator}/").json()
        assert [each["number"] for each in answer["slices"][0]["segments"]] == ["KV101"]
        assert answer["price"]["base"]["amount"] == "8000.00"

    def test_a_flight_that_goes_on_as_booked_is_kept_even_if_it_is_full(self, traveller, flight, later, now):
        on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(hours=6), seats=1, number="KV501")
        booking = make_journey(traveller, [flight, on], now=now)
        kept = booking.coupons.get(flight=on)
        cancel_flight(flight=flight, now=now)

        assert [way.flights for way in ways_of(change_of(booking), now=now)] == [(later.pk, on.pk)]
        move(change=change_of(booking), flights=[later.pk, on.pk], by=traveller, now=now)

        assert live(booking) == [("KV103", 0), ("KV501", 0)]
        assert booking.coupons.live().get(flight=on) == kept
        assert sold(on) == 1

    def test_who_was_cancelled_out_of_the_booking_stays_out(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
        quote = quote_cancellation(booking=booking, now=now + timedelta(days=2), passengers=[1])
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now + timedelta(days=2))
        cancel_flight(flight=flight, now=now)

        move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)

        assert live(booking) == [("KV103", 0)]
        assert sold(later) == 1

    def test_back_again_when_the_other_flight_is_cancelled_too(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now)
        delay(flight, now)
        move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)
        cancel_flight(flight=later, now=now)

        move(change=change_of(booking), flights=[flight.pk], by=traveller, now=now)

        assert live(booking) == [("KV101", 0)]

    def test_a_later_cancellation_gives_back_what_was_paid(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)
        move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)
        cancel_flight(flight=later, now=now)

        refund(change=change_of(booking), by=traveller, now=now)

        booking.refresh_from_db()
        payment = booking.payments.get()
        assert booking.status == "cancelled"
        assert payment.refunds.get().amount == payment.amount

    def test_by_choice_the_fare_decides_again_after_the_move(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)
        move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)

        assert quote_cancellation(booking=booking, now=now + timedelta(days=3)).refund == 0

    def test_the_traveller_is_told_with_ticket_and_calendar(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now)
        before = sequence_of(Message.objects.get(kind="booking_confirmed", way="email"))
        cancel_flight(flight=flight, now=now)
        gone = sequence_of(Message.objects.get(kind="flight_cancelled", way="email"))

        move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)

        message = Message.objects.get(kind="booking_moved", way="email")
        assert "KV103" in render(message).text
        assert "KV101 New Delhi to Mumbai" in render(message).text
        after = sequence_of(message)
        assert before[0] == gone[0] == after[0]
        assert before[1] < gone[1] < after[1]
        assert (gone[2], after[2]) == ("CANCEL", "REQUEST")

    def test_entries_of_flights_that_nothing_replaces_go_from_the_calendar(self, traveller, now, in_a_month):
        first = make_flight("DEL", "AMD", departs_at=in_a_month, number="KV301")
        second = make_flight("AMD", "BOM", departs_at=in_a_month + timedelta(hours=4), number="KV302")
        direct = make_flight(departs_at=in_a_month + timedelta(hours=1), number="KV101")
        booking = make_journey(traveller, [first, second], now=now)
        cancel_flight(flight=first, now=now)

        move(change=change_of(booking), flights=[direct.pk], by=traveller, now=now)

        files = entries(Message.objects.get(kind="booking_moved", way="email"))
        assert [(str(calendar["METHOD"]), str(event["SUMMARY"])[:5]) for calendar, event in files] == [
            ("REQUEST", "KV101"),
            ("CANCEL", "KV302"),
        ]

    def test_programs_are_told(self, integrator, flight, later, now):
        booking = make_booking(integrator, flight, now=now)
        cancel_flight(flight=flight, now=now)
        move(change=change_of(booking), flights=[later.pk], by=integrator, now=now)

        assert Event.objects.get(type="booking.moved").facts["left"] == ["KV101"]


class TestSeats:
    def choose(self, booking, flight, **seats):
        choices = {(flight.pk, int(who[1:])): seat for who, seat in seats.items()}
        return choose_seats(booking=booking, choices=choices, now=booking.held_at)

    @pytest.fixture
    def booking(self, traveller, flight, now, seat_fee):
        hold = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])
        self.choose(hold, flight, p0="10A", p1="10B")
        pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)
        hold.refresh_from_db()
        cancel_flight(flight=flight, now=now)
        return hold

    @pytest.fixture
    def seat_fee(self, flight):
        FareFamily.objects.update(seat_fee=Decimal(300))

    def seats(self, booking):
        return [str(coupon.seat) for coupon in booking.coupons.live().order_by("passenger__position")]

    def test_the_same_seats_are_carried_over_with_what_was_paid(self, traveller, booking, later, now):
        move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)

        assert self.seats(booking) == ["10A", "10B"]
        assert [coupon.seat_fee for coupon in booking.coupons.live()] == [300, 300]

    def test_what_was_paid_for_a_seat_that_cannot_be_had_comes_back(self, traveller, booking, in_a_month, now):
        """The other airplane has windows only: who sat in the middle loses that."""
        small = make_flight(departs_at=in_a_month + timedelta(hours=4), seats=2)
        paid = booking.total

        move(change=change_of(booking), flights=[small.pk], by=traveller, now=now)

        booking.refresh_from_db()
        [back] = booking.payments.get().refunds.all()
        [line] = Message.objects.get(kind="booking_moved", way="email").context["seats_lost"]
        assert (back.reason, back.amount, paid - booking.total) == ("seat_lost", 300, 300)
        assert line.endswith("KV101 10B")
        assert self.seats(booking) == ["1A", "2A"]


class TestWhatCannotBe:
    @pytest.mark.parametrize("fault", ["full", "elsewhere", "gone", "too early", "cancelled", "nothing"])
    def test_flights_that_do_not_do_are_refused_and_nothing_changes(self, traveller, flight, now, in_a_month, fault):
        booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
        back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=2, minutes=30))
        others = {
            "full": [make_flight(departs_at=in_a_month + timedelta(hours=4), seats=1)],
            "elsewhere": [back],
            "gone": [make_flight(departs_at=now + timedelta(minutes=10))],
            "too early": [make_flight("DEL", "AMD", departs_at=in_a_month), make_flight("AMD", departs_at=in_a_month)],
            "cancelled": [make_flight(departs_at=in_a_month + timedelta(hours=4))],
            "nothing": [],
        }[fault]
        if fault == "cancelled":
            cancel_flight(flight=others[0], now=now)
        cancel_flight(flight=flight, now=now)

        with pytest.raises(SeatsGone if fault == "full" else FlightsDoNotFit):
            move(change=change_of(booking), flights=[each.pk for each in others], by=traveller, now=now)

        assert change_of(booking).status == "open"
        assert len(live(booking)) == 2

    def test_a_connection_from_the_flight_before_has_to_be_made(self, traveller, now, in_a_month):
        first = make_flight("DEL", "AMD", departs_at=in_a_month)
        second = make_flight("AMD", "BOM", departs_at=first.arrives_at + timedelta(hours=2))
        tight = make_flight("AMD", "BOM", departs_at=first.arrives_at + timedelta(minutes=44))
        enough = make_flight("AMD", "BOM", departs_at=first.arrives_at + timedelta(minutes=61))
        booking = make_journey(traveller, [first, second], now=now)
        cancel_flight(flight=second, now=now)

        assert [way.flights for way in ways_of(change_of(booking), now=now)] == [(enough.pk,)]
        with pytest.raises(FlightsDoNotFit):
            move(change=change_of(booking), flights=[tight.pk], by=traveller, now=now)

    def test_nobody_is_moved_onto_a_flight_beside_another_of_theirs(
        self, traveller, stranger, agent, flight, later, now
    ):
        asha = adult()
        booking = make_booking(traveller, flight, now=now, travellers=[asha])
        make_booking(stranger, make_flight("DEL", "MAA", departs_at=later.departs_at), now=now, travellers=[asha])
        cancel_flight(flight=flight, now=now)

        for by, told in ((traveller, False), (agent, True)):
            with pytest.raises(TravellerElsewhere) as raised:
                move(change=change_of(booking), flights=[later.pk], by=by, now=now)
            assert ("flight" in raised.value.facts) is told

        assert live(booking) == [("KV101", 0)]

    def test_while_a_payment_runs_nothing_is_chosen(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)
        Payment.objects.create(booking=booking, gateway="sandbox", token="t", amount=1, currency="INR", started_at=now)

        with pytest.raises(PaymentRunning):
            move(change=change_of(booking), flights=[later.pk], by=traveller, now=now)
        Payment.objects.filter(status="started").delete()


class TestAccepting:
    def test_a_new_time_keeps_the_flight_and_ends_the_choice(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        delay(flight, now)

        done = accept(change=change_of(booking), by=traveller, now=now)

        assert done.status == "kept"
        assert live(booking) == [("KV101", 0)]
        assert quote_cancellation(booking=booking, now=now + timedelta(days=3)).refund == 0

    def test_a_cancelled_flight_cannot_be_accepted_without_a_proposal(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        with pytest.raises(NothingProposed):
            accept(change=change_of(booking), by=traveller, now=now)

    def test_a_flight_that_is_moved_much_gives_all_money_back_to_who_does_not_accept(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        delay(flight, now + timedelta(days=3))

        refund(change=change_of(booking), by=traveller, now=now + timedelta(days=3))

        assert booking.payments.get().refunds.get().amount == booking.total

    def test_whoever_had_checked_in_can_have_the_money_back(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        soon = flight.departs_at - timedelta(hours=5)
        check_in(booking=booking, now=soon)
        delay(flight, soon)

        refund(change=change_of(booking), by=traveller, now=soon)

        booking.refresh_from_db()
        assert booking.status == "cancelled"


class TestTwice:
    def test_the_same_choice_again_is_the_same_answer(self, traveller, flight, later, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)
        change = change_of(booking)

        first = move(change=change, flights=[later.pk], by=traveller, now=now)
        again = move(change=change, flights=[later.pk], by=traveller, now=now)

        assert first.closed_at == again.closed_at
        assert sold(later) == 1
        with pytest.raises(ChangeClosed):
            refund(change=change, by=traveller, now=now)

    def test_the_ordinary_cancellation_answers_it(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)
        quote = quote_cancellation(booking=booking, now=now)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)

        assert ItineraryChange.objects.get().status == "refunded"


@pytest.mark.django_db(transaction=True)
def test_of_two_choices_at_once_one_is_done(traveller, flight, later, now):
    """Money back and another flight, at the same moment; the controls are in `test_races_of_changes.py`."""
    booking = make_booking(traveller, flight, now=now)
    cancel_flight(flight=flight, now=now)
    change = change_of(booking)
    both = [
        lambda: move(change=change, flights=[later.pk], by=traveller, now=now),
        lambda: refund(change=change, by=traveller, now=now),
    ]

    assert at_once(lambda n: both[n](), clients=len(both)) == {"done": 1, ChangeClosed.__name__: 1}


@pytest.mark.django_db(transaction=True)
def test_the_last_seat_goes_to_one_of_two_who_move(traveller, stranger, flight, in_a_month, now):
    last = make_flight(departs_at=in_a_month + timedelta(hours=3), seats=1)
    bookings = [make_booking(owner, flight, now=now) for owner in (traveller, stranger)]
    cancel_flight(flight=flight, now=now)
    together = Barrier(2, timeout=PATIENCE)

    def attempt(booking):
        try:
            together.wait()
            return move(change=change_of(booking), flights=[last.pk], by=booking.owner, now=now).status
        except SeatsGone:
            return "gone"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, bookings)) == ["gone", "moved"]

    assert sold(last) == 1


class TestPage:
    def test_it_shows_what_can_be_chosen_and_does_it(self, traveller, flight, later, now, in_a_month, page_of):
        booking = make_booking(traveller, flight, now=now)
        latest = make_flight(departs_at=in_a_month + timedelta(hours=6), number="KV105")
        cancel_flight(flight=flight, now=now)
        url = f"/trips/{booking.locator}/changes/{change_of(booking).pk}/"
        browser = page_of(traveller)

        trip = browser.get(f"/trips/{booking.locator}/").content.decode()
        page = browser.get(url).content.decode()
        done = browser.post(url, {"choice": f"{flight.pk}.1-{latest.pk}.0"}, follow=True).content.decode()

        assert url in trip
        assert "Take the flights that we propose" in page
        assert "Fly KV105 instead, free" in page
        assert "Take all the money back" in page
        assert "You are booked on these flights" in done
        assert live(booking) == [("KV105", 0)]

    def test_nothing_chosen_is_said_at_the_choices(self, traveller, flight, now, page_of):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        page = page_of(traveller).post(f"/trips/{booking.locator}/changes/{change_of(booking).pk}/", {})

        assert "Choose one." in page.content.decode()

    def test_what_cannot_be_had_any_more_is_said(self, traveller, flight, later, now, page_of):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)
        url = f"/trips/{booking.locator}/changes/{change_of(booking).pk}/"
        Flight.objects.filter(pk=later.pk).update(status="cancelled")
        seen = {"choice": f"{flight.pk}.1-{later.pk}.0"}

        assert "Choose others." in page_of(traveller).post(url, seen, follow=True).content.decode()

    def test_it_is_nobody_elses(self, traveller, stranger, flight, now, page_of):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        assert page_of(stranger).get(f"/trips/{booking.locator}/changes/{change_of(booking).pk}/").status_code == 404


class TestApi:
    def test_a_program_reads_and_chooses(self, integrator, integrator_key, flight, later, now, in_a_month, as_key):
        booking = make_booking(integrator, flight, now=now)
        make_flight(departs_at=in_a_month + timedelta(hours=6), number="KV105")
        cancel_flight(flight=flight, now=now)
        door = as_key(integrator_key)
        own = f"/api/v1/bookings/{booking.locator}/"

        assert "answer_change" in door.get(own).json()["available_actions"]
        [summary] = door.get(f"{own}changes/?status=open&fields=id").json()["results"]
        assert door.get(f"{own}changes/?status=moved").json()["results"] == []
        url = f"{own}changes/{summary['id']}/"
        shown = door.get(url).json()
        flights = [segment["flight"] for segment in shown["others"][0]["segments"]]
        done = door.post(url, {"choice": "move", "flights": flights}, format="json")

        assert shown["refund"] == door.get(own).json()["total"]
        assert [segment["number"] for segment in shown["proposal"]["segments"]] == ["KV103"]
        assert (done.status_code, done.json()["status"]) == (200, "moved")
        assert "answer_change" not in door.get(own).json()["available_actions"]

    def test_faults_are_named(self, integrator, integrator_key, flight, now, as_key):
        booking = make_booking(integrator, flight, now=now)
        cancel_flight(flight=flight, now=now)
        url = f"/api/v1/bookings/{booking.locator}/changes/{change_of(booking).pk}/"
        door = as_key(integrator_key)

        assert "flights" in door.post(url, {"choice": "move"}, format="json").json()["errors"]
        answer = door.post(url, {"choice": "move", "flights": [flight.pk + 99]}, format="json").json()
        assert answer["code"] == "flights_do_not_fit"
        assert door.post(url, {"choice": "accept"}, format="json").json()["code"] == "nothing_proposed"


def entries(message):
    """The calendar files of a message: each calendar with its event."""
    calendars = [Calendar.from_ical(part.get_payload(decode=True)) for part in enclose(message, ["invitations"])]
    return [(calendar, calendar.events[0]) for calendar in calendars]


def sequence_of(message):
    """UID, SEQUENCE and METHOD of a message's only calendar file."""
    [(calendar, event)] = entries(message)
    return str(event["UID"]), int(event["SEQUENCE"]), str(calendar["METHOD"])
