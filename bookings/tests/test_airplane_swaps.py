"""Another airplane: seats anew, with what could not be kept paid back; and more sold than it has seats."""

from datetime import timedelta
from decimal import Decimal

import pytest

from airlines.models import FareFamily, Flight, FlightCabin
from airlines.tests.factories import AirplaneFactory, business, economy, make_flight
from bookings.services.airplane_swaps import swap_airplane
from bookings.services.denied_boarding import overbooked_cabins
from bookings.services.payment import pay
from bookings.services.reconciliation import reconcile
from bookings.services.seating import choose_seats
from bookings.tests.factories import adult, make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest
from notifications.models import Message

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


def swap(flight, now, *cabins):
    return swap_airplane(flight=flight, airplane=AirplaneFactory(cabins=list(cabins)), now=now)


def test_who_can_keep_all_seats_keeps_them_and_is_told_nothing(flight, now):
    booking = seated(flight, now, "10A", "10B")

    assert swap(flight, now, business(1, 3), economy(4, 30)) == 0

    assert seats_of(booking) == ["10A", "10B"]
    assert not Message.objects.filter(kind="airplane_changed").exists()


def test_a_party_is_seated_together_again_and_keeps_what_it_paid_for(flight, now):
    booking = seated(flight, now, "25A", "25B")

    assert swap(flight, now, economy(1, 20)) == 1

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

    assert swap(flight, now, economy(1, 20)) == 0
    assert seats_of(booking) == ["None"]
