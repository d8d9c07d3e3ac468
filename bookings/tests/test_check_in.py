"""Checking in: when it is open, for all travellers, with a seat for each."""

from datetime import timedelta

import pytest

from airlines.models import Seat
from airlines.tests.factories import make_flight
from bookings.exceptions import CheckInClosed
from bookings.models import Coupon
from bookings.services.check_in import check_in
from bookings.services.irregular_days import cancel_flight
from bookings.tests.factories import adult, child, infant, make_booking, make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


def test_everybody_is_checked_in_and_seated_side_by_side(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now, travellers=[adult(), child(), infant(with_adult=0)])

    coupons = check_in(booking=booking, now=flight.departs_at - timedelta(hours=20))

    assert {coupon.status for coupon in Coupon.objects.all()} == {"checked_in"}
    rows = [str(coupon.seat)[:-1] for coupon in Coupon.objects.exclude(seat=None)]
    assert len(coupons) == 3
    assert len(rows) == 2
    assert len(set(rows)) == 1


@pytest.mark.parametrize("hours", [48.01, 1, -1])
def test_it_is_closed_before_and_after_its_time(traveller, flight, now, hours):
    booking = make_booking(traveller, flight, now=now)

    with pytest.raises(CheckInClosed):
        check_in(booking=booking, now=flight.departs_at - timedelta(hours=hours))


def test_a_second_time_there_is_nobody_to_check_in(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)
    check_in(booking=booking, now=flight.departs_at - timedelta(hours=20))

    with pytest.raises(CheckInClosed):
        check_in(booking=booking, now=flight.departs_at - timedelta(hours=20))


def test_an_unpaid_hold_is_not_checked_in(traveller, flight):
    late = flight.departs_at - timedelta(hours=20)

    with pytest.raises(CheckInClosed):
        check_in(booking=make_hold(traveller, flight, now=late), now=late)


def test_a_full_cabin_checks_in_without_a_seat_number_where_the_rest_is_blocked(traveller, now, in_a_month):
    flight = make_flight(departs_at=in_a_month, seats=2)
    booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
    Seat.objects.update(blocked_for="broken")

    check_in(booking=booking, now=flight.departs_at - timedelta(hours=20))

    assert set(Coupon.objects.values_list("status", "seat")) == {("checked_in", None)}


def test_a_cancelled_flight_gives_back_the_choice_to_who_had_checked_in(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)
    late = flight.departs_at - timedelta(hours=20)
    check_in(booking=booking, now=late)

    cancel_flight(flight=flight, now=late)

    assert Coupon.objects.get().status == "open"


class TestOnPagesAndByTheApi:
    @pytest.fixture
    def soon(self, traveller, now):
        return make_booking(traveller, make_flight(departs_at=now + timedelta(hours=20), number="KV101"), now=now)

    def test_the_page_offers_it_while_it_is_open(self, page_of, traveller, soon):
        page = page_of(traveller)
        assert "Check everybody in" in page.get(f"/trips/{soon.locator}/").content.decode()

        page.post(f"/trips/{soon.locator}/check-in/")

        shown = page.get(f"/trips/{soon.locator}/").content.decode()
        assert "Everybody is checked in: KV101." in shown
        assert "Check everybody in" not in shown

    def test_the_api_says_so_and_does_it_once(self, as_user, traveller, soon):
        mine, path = as_user(traveller), f"/api/v1/bookings/{soon.locator}/"
        assert "check_in" in mine.get(path).json()["available_actions"]

        assert mine.post(f"{path}check-in/").json()["passengers"][0]["seats"][0]["seat"]
        again = mine.post(f"{path}check-in/")

        assert (again.status_code, again.json()["code"]) == (409, "check_in_closed")

    def test_anothers_booking_is_not_there(self, as_user, page_of, stranger, soon):
        assert as_user(stranger).post(f"/api/v1/bookings/{soon.locator}/check-in/").status_code == 404
        assert page_of(stranger).post(f"/trips/{soon.locator}/check-in/").status_code == 404
