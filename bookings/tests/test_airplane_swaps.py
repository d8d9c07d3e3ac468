"""Another airplane: seats anew, with what could not be kept paid back; and more sold than it has seats."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils.html import strip_tags

from airlines.models import FareFamily, Flight, FlightCabin, Seat
from airlines.services.overbooking import set_overbooking
from airlines.tests.factories import AirplaneFactory, business, economy, make_flight
from bookings.gateways import Charge, ChargeStatus
from bookings.models import Booking, Coupon, ItineraryChange, Payment
from bookings.services.airplane_swaps import swap_airplane
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.check_in import check_in
from bookings.services.choices import accept, move, refund
from bookings.services.denied_boarding import overbooked_cabins
from bookings.services.expiry import expire_holds
from bookings.services.holds import release_hold
from bookings.services.irregular_days import cancel_flight, delay_flight
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.seating import choose_seats
from bookings.services.settlement import record_answer
from bookings.tests.factories import adult, make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest
from notifications.models import Message
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    flight = make_flight(departs_at=in_a_month, number="KV101")
    FareFamily.objects.update(seat_fee=Decimal(300))
    return flight


@pytest.fixture(autouse=True)
def _adds_up():
    yield
    assert [str(difference) for difference in reconcile()] == []


def seated(flight, now, *seats):
    owner = User.objects.create_user(f"owner{User.objects.count()}@example.com")
    hold = make_hold(owner, flight, now=now, travellers=[adult() for _seat in seats])
    choose_seats(booking=hold, choices={(flight.pk, n): seat for n, seat in enumerate(seats)}, now=now)
    pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)
    hold.refresh_from_db()
    return hold


def seats_of(booking):
    return [str(coupon.seat) for coupon in booking.coupons.live().order_by("passenger__position")]


def change_of(booking):
    return ItineraryChange.objects.get(booking=booking, status="open")


def economy_of(flight):
    return FlightCabin.objects.get(flight=flight, cabin="economy")


def swap(flight, now, *cabins):
    return swap_airplane(flight=flight, airplane=AirplaneFactory(cabins=list(cabins)), now=now)


def test_who_can_keep_all_seats_keeps_them_and_is_told_nothing(flight, now):
    booking = seated(flight, now, "10A", "10B")

    assert swap(flight, now, business(1, 3), economy(4, 30)).told == 0

    assert seats_of(booking) == ["10A", "10B"]
    assert not Message.objects.filter(kind="airplane_changed").exists()


def test_a_party_is_seated_together_again_and_keeps_what_it_paid_for(flight, now):
    booking = seated(flight, now, "25A", "25B")

    assert swap(flight, now, economy(1, 20)).told == 1

    first, second = seats_of(booking)
    assert (first[-1] in "AF", second[-1] in "BE") == (True, True)
    assert [coupon.seat_fee for coupon in booking.coupons.all()] == [300, 300]


def test_who_loses_a_kind_of_seat_gets_its_fee_back_and_is_told(flight, now):
    booking = seated(flight, now, "25C")
    paid = booking.total

    swap(flight, now, economy(1, 20, "A"))

    booking.refresh_from_db()
    message = Message.objects.get(kind="airplane_changed", way="email")
    assert (paid - booking.total, booking.payments.get().refunds.get().amount) == (300, 300)
    assert message.context["seats_lost"][0].endswith("KV101 25C")


def test_a_smaller_cabin_is_overbooked_and_says_by_whom(flight, now, in_a_month):
    bookings = [seated(flight, now, seat) for seat in ("10A", "10B", "10C")]

    swap(flight, now, economy(10, 10, "AB"))

    cabin = FlightCabin.objects.get(flight=flight, cabin="economy")
    [overbooked] = [each for each in overbooked_cabins(flight) if each.cabin == cabin]
    assert (cabin.seats, cabin.overbooking, cabin.beyond, cabin.seats_left) == (2, 1, 1, 0)
    assert [party.booking for party in overbooked.behind] == [bookings[2]]


def test_a_hold_with_a_seat_that_is_gone_costs_less(traveller, flight, now):
    hold = make_hold(traveller, flight, now=now)
    choose_seats(booking=hold, choices={(flight.pk, 0): "25C"}, now=now)

    swap(flight, now, economy(1, 20, "A"))
    pay(booking=hold, gateway="sandbox", token="tok_ok", now=now)

    hold.refresh_from_db()
    assert hold.total == hold.payments.get().amount


def test_an_airplane_cannot_be_in_two_places(flight, now, in_a_month):
    busy = make_flight("DEL", "BLR", departs_at=in_a_month + timedelta(hours=1))

    with pytest.raises(InvalidRequest) as refused:
        swap_airplane(flight=flight, airplane=busy.airplane, now=now)

    assert list(refused.value.errors) == ["airplane"]


def test_the_desk_shows_first_and_then_swaps(page_of, agent, flight, now):
    booking = seated(flight, now, "25A")
    other = AirplaneFactory.create(cabins=[economy(1, 20)])
    desk, url = page_of(agent), f"/admin/airlines/flight/{flight.pk}/day/airplane/"

    shown = desk.post(url, {"airplane": other.pk}).content.decode()
    assert "Travellers: 1, bookings: 1." in shown
    assert not Flight.objects.filter(airplane=other).exists()

    desk.post(url, {"airplane": other.pk, "confirm": "yes"})
    assert Flight.objects.filter(pk=flight.pk, airplane=other).exists()
    assert seats_of(booking) != ["25A"]


def test_who_had_no_seat_has_none_afterwards(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)

    assert swap(flight, now, economy(1, 20)).told == 0
    assert seats_of(booking) == ["None"]


class TestWhoMayChoose:
    def test_nobody_whose_seats_are_as_good(self, flight, now):
        seated(flight, now, "25A", "25B")
        swap(flight, now, economy(1, 20))

        assert not ItineraryChange.objects.exists()

    def test_who_lost_a_kind_of_seat_that_was_paid_for(self, flight, now):
        booking = seated(flight, now, "25C")
        swap(flight, now, economy(1, 20, "A"))

        change = change_of(booking)
        assert (change.cause, change.available_choices) == ("seats_changed", ["accept", "move", "refund"])

    def test_not_who_was_given_the_seat_at_check_in(self, traveller, flight, now):
        make_booking(traveller, flight, now=now)
        soon = flight.departs_at - timedelta(hours=5)
        check_in(booking=Booking.objects.get(), now=soon)
        Coupon.objects.update(seat=Seat.objects.get(cabin__airplane=flight.airplane, row=25, letter="C"))
        swap(flight, soon, economy(1, 20, "A"))

        assert not ItineraryChange.objects.exists()

    def test_a_party_that_is_seated_apart(self, flight, now):
        """Windows only, and the rows between are taken by others of the same kind."""
        booking = seated(flight, now, "25A", "25B")
        others = [seated(flight, now, f"{row}A") for row in (10, 11, 12, 13)]
        swap(flight, now, economy(9, 14, "A"))

        assert change_of(booking).cause == "seats_changed"
        assert not ItineraryChange.objects.filter(booking__in=others).exists()

    def test_who_would_be_left_behind_and_is_proposed_another_flight(self, flight, now):
        other = make_flight(departs_at=flight.departs_at + timedelta(hours=3), number="KV103")
        first, last = seated(flight, now, "10A"), seated(flight, now, "11A")

        assert swap(flight, now, economy(10, 10, "A")).told == 1

        change = change_of(last)
        assert (change.cause, change.proposed) == ("no_seat", [other.pk])
        assert not ItineraryChange.objects.filter(booking=first).exists()
        message = Message.objects.get(kind="airplane_changed", way="email")
        assert "this airplane may have no seat for you" in render(message).text

    def test_everybody_whose_cabin_there_is_not_any_more(self, flight, now):
        bookings = [seated(flight, now, "10A"), seated(flight, now, "10B")]
        swap(flight, now, business(1, 9))

        assert {change_of(booking).cause for booking in bookings} == {"no_seat"}
        assert change_of(bookings[0]).available_choices == ["move", "refund"]

    def test_keeps_the_flight_or_moves_or_takes_the_money(self, flight, now):
        other = make_flight(departs_at=flight.departs_at + timedelta(hours=3), number="KV103")
        keeps, moves, leaves = (seated(flight, now, f"25{letter}") for letter in "BCE")
        swap(flight, now, economy(1, 20, "A"))

        kept = accept(change=change_of(keeps), by=keeps.owner, now=now)
        moved = move(change=change_of(moves), flights=[other.pk], by=moves.owner, now=now)
        refunded = refund(change=change_of(leaves), by=leaves.owner, now=now)

        assert [each.status for each in (kept, moved, refunded)] == ["kept", "moved", "refunded"]
        leaves.refresh_from_db()
        assert leaves.status == "cancelled"

    def test_a_larger_airplane_after_all_lets_keep_the_flight(self, flight, now):
        [_, last] = [seated(flight, now, "10A"), seated(flight, now, "11A")]
        swap(flight, now, economy(10, 10, "A"))
        swap(flight, now, economy(1, 20))

        change = change_of(last)
        assert (change.cause, change.available_choices[0]) == ("seats_changed", "accept")

    def test_who_has_a_seat_after_all_since_another_left_may_keep_the_flight(self, flight, now):
        leaves, waits = seated(flight, now, "10A"), seated(flight, now, "11A")
        swap(flight, now, economy(10, 10, "A"))
        assert change_of(waits).available_choices == ["move", "refund"]

        leave(leaves, now)

        change = change_of(waits)
        assert (change.cause, change.proposed, change.available_choices[0]) == ("seats_changed", [], "accept")
        assert accept(change=change, by=waits.owner, now=now).status == "kept"

    def test_they_are_told_once(self, flight, now):
        first, second, waits = (seated(flight, now, f"{row}A") for row in (10, 11, 12))
        swap(flight, now, economy(10, 10, "AC"))
        assert not Message.objects.filter(kind="seats_found").exists()

        leave(first, now)
        leave(second, now)

        message = Message.objects.get(kind="seats_found", way="email")
        words = strip_tags(render(message).html)
        assert message.recipient == waits.contact_email
        assert f"Everybody of booking {waits.locator} has a seat on it after all." in " ".join(words.split())
        assert "Keep the flight with the seats that you have now." in words
        assert str(change_of(waits).pk) in render(message).text

    def test_so_it_is_where_another_took_other_flights(self, flight, now):
        other = make_flight(departs_at=flight.departs_at + timedelta(hours=3), number="KV103")
        moves, waits = seated(flight, now, "10C"), seated(flight, now, "11A")
        swap(flight, now, economy(10, 10, "A"))

        move(change=change_of(moves), flights=[other.pk], by=moves.owner, now=now)

        assert change_of(waits).cause == "seats_changed"
        assert ItineraryChange.objects.get(booking=moves).cause == "seats_changed"

    def test_who_still_has_none_or_for_whom_staff_accepted_waits_on(self, flight, now):
        make_flight(departs_at=flight.departs_at + timedelta(hours=3), number="KV103")
        leaves, ordered, last = (seated(flight, now, f"{row}A") for row in (10, 11, 12))
        swap(flight, now, economy(10, 10, "A"))
        ItineraryChange.objects.filter(booking=ordered).update(ordered_at=now, ordered_by=ordered.owner)

        leave(leaves, now)

        assert [change_of(each).cause for each in (ordered, last)] == ["no_seat", "no_seat"]

    def test_a_lighter_cause_does_not_take_the_place_of_a_heavier_one(self, flight, now):
        booking = seated(flight, now, "10A")
        swap(flight, now, business(1, 9))
        moved = flight.departs_at + timedelta(hours=5)
        delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=now)
        assert change_of(booking).cause == "no_seat"

        cancel_flight(flight=flight, now=now)
        assert change_of(booking).cause == "flight_cancelled"


class TestLimit:
    def test_what_is_sold_beyond_it_goes_as_travellers_leave(self, flight, now):
        bookings = [seated(flight, now, seat) for seat in ("10A", "10B", "10C")]
        swap(flight, now, economy(10, 10, "AB"))
        assert (economy_of(flight).excess, economy_of(flight).limit) == (1, 0)

        leave(bookings[0], now)
        cabin = economy_of(flight)
        assert (cabin.overbooking, cabin.excess, cabin.capacity, cabin.seats_left) == (0, 0, 2, 0)

        leave(bookings[1], now)
        assert (economy_of(flight).capacity, economy_of(flight).seats_left) == (2, 1)

    def test_what_somebody_allowed_stays(self, flight, now):
        set_overbooking(flight=flight, cabin="economy", seats=1)
        bookings = [seated(flight, now, seat) for seat in ("10A", "10B", "10C", "10D", "10E")]
        swap(flight, now, economy(10, 10, "AB"))
        assert (economy_of(flight).limit, economy_of(flight).excess) == (1, 2)

        for booking in bookings[:3]:
            leave(booking, now)

        cabin = economy_of(flight)
        assert (cabin.limit, cabin.excess, cabin.capacity, cabin.seats_left) == (1, 0, 3, 1)

    def test_it_can_be_set_while_more_are_sold(self, flight, now):
        for seat in ("10A", "10B", "10C"):
            seated(flight, now, seat)
        swap(flight, now, economy(10, 10, "A"))

        cabin = set_overbooking(flight=flight, cabin="economy", seats=1)
        assert (cabin.limit, cabin.excess, cabin.capacity) == (1, 1, 3)
        assert set_overbooking(flight=flight, cabin="economy", seats=5).seats_left == 3

    def test_holds_that_end_lower_it_too(self, traveller, flight, now):
        hold = make_hold(traveller, flight, now=now, travellers=[adult(), adult()])
        swap(flight, now, economy(10, 10, "A"))
        assert economy_of(flight).excess == 1

        release_hold(booking=hold, now=now)
        assert (economy_of(flight).capacity, economy_of(flight).seats_left) == (1, 1)

    def test_the_database_holds_that_it_is_only_what_is_taken(self, flight):
        with pytest.raises(IntegrityError, match="excess_is_taken"), transaction.atomic():
            FlightCabin.objects.filter(flight=flight).update(overbooking=1, excess=1)


def leave(booking, now):
    quote = quote_cancellation(booking=booking, now=now)
    confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)


def test_a_payment_that_comes_late_finds_no_seat_of_the_airplane_before(traveller, flight, now):
    hold = make_hold(traveller, flight, now=now)
    choose_seats(booking=hold, choices={(flight.pk, 0): "25C"}, now=now)
    hold.refresh_from_db()
    expire_holds(now=hold.payment_required_by)
    swap(flight, now, economy(1, 20))

    late = Payment.objects.create(
        booking=hold, gateway="sandbox", token="t", amount=hold.total, currency="INR", status="failed", started_at=now
    )
    charge = Charge(status=ChargeStatus.SUCCEEDED, reference="ref", amount=hold.total, currency="INR")
    record_answer(payment=late, charge=charge, now=now)

    hold.refresh_from_db()
    assert (hold.status, seats_of(hold)) == ("confirmed", ["None"])


def test_the_preview_counts_the_seats_that_are_lost_in_each_cabin(page_of, agent, flight, now):
    for seat in ("25C", "26C"):
        seated(flight, now, seat)
    other = AirplaneFactory.create(cabins=[business(1, 1), economy(3, 3, "A")])

    shown = page_of(agent).post(f"/admin/airlines/flight/{flight.pk}/day/airplane/", {"airplane": other.pk})

    words = " ".join(strip_tags(shown.content.decode()).split())
    assert "Seats lost: 153" in words
    assert "Business 8 4 0 0 0 0" in words
    assert "Economy 150 1 2 1 2 2" in words
    assert not ItineraryChange.objects.exists()
