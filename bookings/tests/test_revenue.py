"""What flights have sold and earned, and when they sold it."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import Group

from airlines.models import FareFamily
from airlines.tests.factories import make_flight
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.revenue import earnings_of, pace_of, routes_of
from bookings.tests.factories import adult, infant, make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=10, number="KV101")


@pytest.fixture
def sold(traveller, flight, now):
    """Two travellers and an infant thirty days before, and one more ten days before."""
    make_booking(traveller, flight, now=now, travellers=[adult(), adult(), infant(with_adult=0)])
    later = now + timedelta(days=20)
    with time_machine.travel(later, tick=False):
        make_booking(traveller, flight, now=later)


@pytest.fixture
def manager(db):
    user = User.objects.create_user("manager@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.REVENUE_MANAGER))
    return user


def test_a_flight_earns_the_fares_of_what_is_sold(flight, sold, traveller, now):
    make_hold(traveller, flight, now=now)

    [earnings] = earnings_of([flight])

    assert (earnings.seats, earnings.capacity, earnings.load_percent) == (3, 10, 30)
    assert earnings.earned == 3 * 4000 + 400
    assert earnings.average == Decimal("4133.33")


def test_what_is_kept_of_a_cancelled_coupon_is_earned_and_its_seat_is_not_sold(flight, traveller, now):
    FareFamily.objects.update(refund_percent=40)
    booking = make_booking(traveller, flight, now=now)
    later = now + timedelta(days=2)  # the day in which all comes back is over
    quote = quote_cancellation(booking=booking, now=later)
    confirm_cancellation(booking=booking, quote_id=quote.pk, now=later)

    [earnings] = earnings_of([flight])

    assert (earnings.seats, earnings.earned, earnings.average) == (0, 2400, 0)


def test_a_route_adds_up_its_flights(flight, sold, in_a_month):
    make_flight(departs_at=in_a_month + timedelta(hours=3), seats=10)
    make_flight("BOM", "DEL", departs_at=in_a_month, seats=6)
    day = flight.departs_on

    by_origin = {route.origin: route for route in routes_of(first_day=day, last_day=day)}

    assert (by_origin["DEL"].destination, by_origin["DEL"].flights, by_origin["DEL"].capacity) == ("BOM", 2, 20)
    assert (by_origin["DEL"].seats, by_origin["DEL"].load_percent, by_origin["DEL"].earned) == (3, 15, 12400)
    assert (by_origin["BOM"].seats, by_origin["BOM"].earned) == (0, 0)


@pytest.mark.parametrize("flights", [1, 4])
def test_queries_do_not_grow_with_the_flights(in_a_month, flights, django_assert_num_queries):
    made = [make_flight(departs_at=in_a_month + timedelta(days=n)) for n in range(flights)]
    for each in made:
        each._prefetched_objects_cache = {"cabins": list(each.cabins.all())}

    with django_assert_num_queries(1):
        assert len(earnings_of(made)) == flights


class TestPace:
    def seats(self, pace, days):
        return next(point for point in pace.points if point.days == days)

    def test_adds_up_until_each_day_and_leaves_what_is_to_come(self, flight, sold, now):
        pace = pace_of(flight, now=now + timedelta(days=21))

        assert [self.seats(pace, days).seats for days in (45, 30, 21, 10, 7)] == [0, 2, 2, 3, None]
        assert pace.compared == 0
        assert self.seats(pace, 30).mean is None

    def test_is_beside_the_flights_of_the_route_that_have_left(self, flight, sold, in_a_month, now):
        later = make_flight(departs_at=in_a_month + timedelta(days=3), seats=10)
        make_flight("BOM", "DEL", departs_at=in_a_month, seats=10)
        empty = make_flight(departs_at=in_a_month - timedelta(days=1), seats=10)

        pace = pace_of(later, now=in_a_month + timedelta(days=1))

        assert empty.departs_at < in_a_month
        assert pace.compared == 2
        assert [self.seats(pace, days).mean for days in (45, 30, 10)] == [0, 1, Decimal("1.5")]
        assert self.seats(pace, 10).ahead == Decimal("-1.5")

    def test_takes_three_queries(self, flight, sold, now, django_assert_num_queries):
        make_flight(departs_at=now - timedelta(days=1))

        with django_assert_num_queries(3):
            pace_of(flight, now=now)


class TestTheDesk:
    LIST = "/admin/airlines/flight/revenue/"

    @pytest.fixture
    def desk(self, page_of, manager):
        return page_of(manager)

    def test_lists_load_and_revenue_by_flight(self, desk, flight, sold):
        shown = desk.get(self.LIST, {"departs_from": "2026-12-01", "departs_to": "2026-12-31", "origin": "del"})

        for words in ("KV101", "3 / 10", "30 %", "₹12,400", "₹4,133", "first_day=2026-12-01"):
            assert words in shown.content.decode()

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, False),  # the next two weeks
            ({"departs_from": "2026-12-20"}, True),
            ({"departs_from": "2026-12-20", "destination": "DEL"}, False),
            ({"departs_from": "2026-12-21"}, False),
            ({"departs_from": "yesterday"}, False),
        ],
    )
    def test_lists_what_is_asked_for(self, desk, flight, asked, found):
        assert ("KV101" in desk.get(self.LIST, asked).content.decode()) is found

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"origin": "ZZZ"}, "There is no airport ZZZ."),
            ({"departs_from": "2026-12-20", "departs_to": "2026-12-01"}, "It ends before it begins."),
        ],
    )
    def test_names_what_it_does_not_know(self, desk, flight, asked, said):
        assert said in desk.get(self.LIST, asked).content.decode()

    @pytest.mark.parametrize("flights", [2, 6])
    def test_lists_in_queries_that_do_not_grow(self, desk, now, flights, django_assert_num_queries):
        for n in range(flights):
            make_flight(departs_at=now + timedelta(days=n + 1))
        desk.get(self.LIST)

        with django_assert_num_queries(7):
            shown = desk.get(self.LIST)

        assert len(shown.context["rows"]) == flights

    def test_draws_how_a_flight_fills_with_its_numbers_beside_it(self, desk, flight, sold):
        page = f"/admin/airlines/flight/{flight.pk}/pace/"
        assert page in desk.get(f"/admin/airlines/flight/{flight.pk}/change/").content.decode()

        shown = desk.get(page).content.decode()

        for words in ("3 of 10 seats sold, 30 %", "₹12,400", 'data-type="line"', "No flight has left on this route"):
            assert words in shown

    def test_shows_money_to_those_who_may_see_it(self, page_of, flight):
        planner = User.objects.create_user("planner@example.com", is_staff=True)
        planner.groups.add(Group.objects.get(name=Role.SCHEDULE_PLANNER))

        for page in (self.LIST, f"/admin/airlines/flight/{flight.pk}/pace/"):
            assert page_of(planner).get(page).status_code == 403
