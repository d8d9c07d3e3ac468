"""Selling more seats than there are: the limit, and who would be left behind."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from airlines.exceptions import FlightClosed, SeatsGone
from airlines.models import Flight, FlightCabin
from airlines.services.overbooking import set_overbooking
from airlines.tests.factories import make_flight
from bookings.models import Booking, Coupon
from bookings.services.denied_boarding import Aboard, Priority, left_behind, overbooked_cabins
from bookings.services.reconciliation import reconcile
from bookings.tests.factories import adult, child, make_booking, make_hold, make_journey
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.gateway.services import give_role
from flights_project.lib.errors import InvalidRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=2, number="KV101")


def economy(flight):
    return FlightCabin.objects.get(flight=flight, cabin="economy")


def book(flight, now, *, people=None, **changes):
    owner = User.objects.create_user(f"owner{User.objects.count()}@example.com")
    booking = make_booking(owner, flight, now=now, travellers=people)
    Booking.objects.filter(pk=booking.pk).update(**changes)
    return booking


class TestLimit:
    def test_nothing_is_oversold_unless_somebody_says_so(self, flight, now):
        book(flight, now, people=[adult(), adult()])

        with pytest.raises(SeatsGone):
            book(flight, now)

    def test_as_many_more_are_sold_as_it_says_and_not_one_more(self, traveller, flight, now):
        set_overbooking(flight=flight, cabin="economy", seats=1)
        book(flight, now, people=[adult(), adult()])
        book(flight, now)

        with pytest.raises(SeatsGone):
            make_hold(traveller, flight, now=now)

        assert (economy(flight).seats, economy(flight).seats_left, economy(flight).beyond) == (2, 0, 1)
        assert reconcile() == []

    def test_the_database_holds_it_whatever_the_code_does(self, flight):
        set_overbooking(flight=flight, cabin="economy", seats=1)

        with pytest.raises(IntegrityError, match="seats_never_oversold"), transaction.atomic():
            FlightCabin.objects.filter(flight=flight).update(seats_sold=4)

    def test_it_cannot_be_less_than_what_is_sold(self, flight, now):
        set_overbooking(flight=flight, cabin="economy", seats=2)
        book(flight, now, people=[adult(), adult(), adult()])

        with pytest.raises(InvalidRequest) as refused:
            set_overbooking(flight=flight, cabin="economy", seats=0)

        assert "1 seats beyond" in str(refused.value.errors["overbooking"])
        assert set_overbooking(flight=flight, cabin="economy", seats=1).capacity == 3

    def test_a_flight_that_is_over_stays_as_it_is(self, flight):
        Flight.objects.update(status="departed")

        with pytest.raises(FlightClosed):
            set_overbooking(flight=flight, cabin="economy", seats=1)


class TestWhoIsLeftBehind:
    @pytest.fixture
    def many(self, flight):
        set_overbooking(flight=flight, cabin="economy", seats=6)
        return flight

    def behind(self, flight):
        [cabin] = overbooked_cabins(flight)
        return [party.booking for party in cabin.behind]

    def test_nobody_where_there_are_seats_for_all(self, many, now):
        book(many, now)

        assert self.behind(many) == []

    def test_whoever_booked_last_of_those_who_are_alike(self, many, now):
        earlier = [book(many, now) for _ in range(2)]
        last = book(many, now, held_at=now + timedelta(minutes=1), payment_required_by=now + timedelta(hours=1))

        assert self.behind(many) == [last]
        assert last not in earlier

    def test_not_who_is_checked_in_nor_has_a_seat_nor_travels_with_a_child_nor_goes_on(self, traveller, many, now):
        on = make_flight("BOM", "GOI", departs_at=many.arrives_at + timedelta(hours=2))
        family = book(many, now, people=[adult(), child()])
        going_on = make_journey(traveller, [many, on], now=now)
        checked_in, plain = book(many, now), book(many, now)
        Coupon.objects.filter(booking=checked_in).update(status="checked_in")

        assert self.behind(many) == [plain, checked_in, going_on]
        assert family not in self.behind(many)

    def test_whole_parties_and_not_more_people_than_needs_be(self, many, now):
        couple = book(many, now, people=[adult(), adult()])
        alone = book(many, now, held_at=now - timedelta(minutes=5))

        assert self.behind(many) == [alone]
        assert couple != alone

    @given(
        parties=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3), st.booleans()), max_size=20),
        seats=st.integers(0, 30),
    )
    def test_enough_are_named_and_nobody_too_many(self, parties, seats):
        aboard = [
            Aboard(Booking(pk=pk), size, Priority(child, False, False, False, family, 0.0, pk))
            for pk, (size, family, child) in enumerate(parties)
        ]

        behind = left_behind(aboard, seats=seats)

        freed = sum(party.seats for party in behind)
        assert freed >= min(seats, sum(party.seats for party in aboard))
        assert all(freed - party.seats < seats for party in behind[-1:])
        assert behind == left_behind(list(reversed(aboard)), seats=seats)


class TestDesk:
    def page(self, flight):
        return f"/admin/airlines/flight/{flight.pk}/overbooking/"

    @pytest.mark.parametrize(("typed", "seats"), [("4", 4), ("5 %", 7), ("0", 0)])
    def test_a_limit_is_typed_in_seats_or_percent(self, page_of, agent, in_a_month, typed, seats):
        flight = make_flight(departs_at=in_a_month)

        shown = page_of(agent).post(self.page(flight), {"cabin": "economy", "limit": typed}, follow=True)

        assert economy(flight).overbooking == seats
        assert f"Sold beyond them, at most: {seats}" in shown.content.decode()

    @pytest.mark.parametrize("typed", ["many", "", "-1", "1000"])
    def test_what_is_neither_is_said_and_changes_nothing(self, page_of, agent, flight, typed):
        shown = page_of(agent).post(self.page(flight), {"cabin": "economy", "limit": typed}, follow=True)

        assert "such as 5 %" in shown.content.decode()
        assert economy(flight).overbooking == 0

    def test_who_would_be_left_behind_is_listed(self, page_of, agent, flight, now):
        set_overbooking(flight=flight, cabin="economy", seats=1)
        couple, alone = book(flight, now, people=[adult(), adult()]), book(flight, now)

        shown = page_of(agent).get(self.page(flight)).content.decode()

        assert alone.locator in shown
        assert couple.locator not in shown

    @pytest.mark.parametrize(
        ("role", "sees", "sets"),
        [
            (Role.AGENT, 200, 403),
            (Role.AIRPORT_AGENT, 200, 403),
            (Role.REVENUE_MANAGER, 200, 302),
            (Role.SUPERVISOR, 200, 302),
        ],
    )
    def test_who_may_see_and_who_may_set(self, page_of, flight, role, sees, sets):
        user = User.objects.create_user("somebody@example.com", is_staff=True)
        give_role(user=user, role=role)
        desk = page_of(user)

        assert desk.get(self.page(flight)).status_code == sees
        assert desk.post(self.page(flight), {"cabin": "economy", "limit": "1"}).status_code == sets
