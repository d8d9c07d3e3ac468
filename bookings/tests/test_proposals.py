"""A cancelled flight: everybody is proposed other flights at once, staff edit and accept, a worker carries it out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from airlines.models import Flight, FlightCabin, Seat
from airlines.tests.factories import make_flight
from airlines.tests.races import PATIENCE
from bookings.exceptions import FlightsDoNotFit
from bookings.models import ItineraryChange
from bookings.services import choices, proposals
from bookings.services.choices import accept, refund
from bookings.services.irregular_days import cancel_flight, delay_flight
from bookings.services.proposals import accept_for_all, carry_out, cases_of, edit, progress_of, propose
from bookings.services.reconciliation import reconcile
from bookings.tests.factories import adult, child, make_booking, make_journey
from flights_project.gateway.models import User
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


@pytest.fixture(autouse=True)
def _adds_up():
    yield
    assert [str(difference) for difference in reconcile()] == []


@pytest.fixture(autouse=True)
def _many_holds(settings):
    settings.OPEN_HOLDS_PER_USER = 50
    settings.BOOKINGS_PER_USER_PER_QUARTER = 100


def in_hours(flight, hours, seats=None, number=None):
    return make_flight(departs_at=flight.departs_at + timedelta(hours=hours), seats=seats, number=number)


def without_seats(flight):
    Seat.objects.filter(cabin__airplane=flight.airplane, cabin__cabin="economy").update(blocked_for="broken")
    FlightCabin.objects.filter(flight=flight, cabin="economy").update(capacity=0)


def proposed(booking):
    return ItineraryChange.objects.get(booking=booking).proposed


def status(booking):
    return ItineraryChange.objects.get(booking=booking).status


class TestProposing:
    def test_the_same_day_first_then_the_next_and_parties_stay_together(self, traveller, flight, now):
        soon, tomorrow = in_hours(flight, 3, seats=2), in_hours(flight, 24, seats=5)
        couple = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
        three = make_booking(traveller, flight, now=now, travellers=[adult(), adult(), adult()])
        late = make_booking(traveller, flight, now=now, travellers=[adult(), adult(), adult()])
        cancel_flight(flight=flight, now=now)

        assert [proposed(each) for each in (couple, three, late)] == [[soon.pk], [tomorrow.pk], []]

    def test_whoever_goes_on_or_travels_with_children_comes_first(self, traveller, flight, now):
        other = in_hours(flight, 3, seats=3)
        on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(hours=6))
        alone = make_booking(traveller, flight, now=now)
        family = make_booking(traveller, flight, now=now, travellers=[adult(), child()])
        going_on = make_journey(traveller, [flight, on], now=now)
        cancel_flight(flight=flight, now=now)

        assert [proposed(each) for each in (going_on, family, alone)] == [[other.pk, on.pk], [other.pk], []]

    def test_a_later_flight_on_is_proposed_where_the_booked_one_would_be_missed(self, traveller, flight, now):
        other = in_hours(flight, 3)
        on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(hours=2))
        later_on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(hours=5))
        booking = make_journey(traveller, [flight, on], now=now)
        cancel_flight(flight=flight, now=now)

        assert proposed(booking) == [other.pk, later_on.pk]

    def test_a_delay_that_breaks_a_connection_proposes_the_next_flight_on(self, traveller, flight, now):
        on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(hours=1))
        later_on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(hours=4))
        booking = make_journey(traveller, [flight, on], now=now)
        stays = make_booking(traveller, flight, now=now)
        moved = flight.departs_at + timedelta(hours=1)
        delay_flight(flight=flight, departs_at=moved, arrives_at=moved + timedelta(hours=2), now=now)

        assert proposed(booking) == [flight.pk, later_on.pk]
        assert proposed(stays) == []
        accept(change=ItineraryChange.objects.get(booking=booking), by=traveller, now=now)
        assert list(booking.segments.values_list("flight", flat=True)) == [flight.pk, later_on.pk]

    def test_only_the_cabin_that_was_booked(self, traveller, flight, now):
        other = in_hours(flight, 3)
        without_seats(other)
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        assert proposed(booking) == []

    @pytest.mark.parametrize("bookings", [1, 5])
    def test_it_reads_no_more_for_more_bookings(self, traveller, flight, now, bookings, django_assert_num_queries):
        in_hours(flight, 3)
        for _ in range(bookings):
            make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)

        with django_assert_num_queries(QUERIES):
            propose(flight=flight, now=now)


QUERIES = 22


class TestEditing:
    def test_staff_choose_another_or_none(self, traveller, flight, now):
        soon, later = in_hours(flight, 3), in_hours(flight, 6)
        one, two = (make_booking(traveller, flight, now=now) for _ in range(2))
        cancel_flight(flight=flight, now=now)
        first, second = (ItineraryChange.objects.get(booking=each).pk for each in (one, two))

        assert edit(flight=flight, proposed={first: [later.pk], second: []}, now=now) == 2

        assert (proposed(one), proposed(two)) == ([later.pk], [])
        assert proposed(one) != [soon.pk]

    def test_what_is_no_way_is_refused(self, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        cancel_flight(flight=flight, now=now)
        change = ItineraryChange.objects.get(booking=booking)

        with pytest.raises(FlightsDoNotFit):
            edit(flight=flight, proposed={change.pk: [flight.pk]}, now=now)


class TestCarryingOut:
    @pytest.fixture
    def booked(self, flight, now):
        """Four bookings of two, each of an account of its own, and seats for all of them later."""
        in_hours(flight, 3, seats=5)
        in_hours(flight, 6, seats=5)
        owners = [User.objects.create_user(f"owner{n}@example.com") for n in range(4)]
        made = [make_booking(owner, flight, now=now, travellers=[adult(), adult()]) for owner in owners]
        cancel_flight(flight=flight, now=now)
        return made

    def test_everybody_is_moved_and_told_once(self, booked, flight, agent, now):
        assert accept_for_all(flight=flight, by=agent, now=now) == 4

        assert (carry_out(now=now), carry_out(now=now)) == (4, 0)

        assert {status(booking) for booking in booked} == {"moved"}
        assert ItineraryChange.objects.filter(decided_by=agent).count() == 4
        assert Message.objects.filter(kind="booking_moved", way="email").count() == 4
        assert progress_of(flight).answered == 4

    def test_who_has_answered_keeps_the_answer(self, booked, flight, agent, now):
        refund(change=ItineraryChange.objects.get(booking=booked[0]), by=booked[0].owner, now=now)
        accept_for_all(flight=flight, by=agent, now=now)
        carry_out(now=now)

        assert [status(booking) for booking in booked] == ["refunded", "moved", "moved", "moved"]

    def test_a_worker_that_is_killed_in_the_middle_loses_nothing(self, booked, flight, agent, now, monkeypatch):
        accept_for_all(flight=flight, by=agent, now=now)
        done: list[object] = []
        real = choices.accept

        def killed_at_the_third(**asked):
            if len(done) == 2:
                raise SystemExit
            done.append(real(**asked))

        monkeypatch.setattr(proposals.choices, "accept", killed_at_the_third)
        with pytest.raises(SystemExit):
            carry_out(now=now)
        monkeypatch.undo()

        assert progress_of(flight).under_way == 2
        assert carry_out(now=now) == 2
        assert {status(booking) for booking in booked} == {"moved"}

    def test_one_that_cannot_be_moved_is_left_with_the_reason(self, booked, flight, agent, now):
        accept_for_all(flight=flight, by=agent, now=now)
        [taken] = proposed(booked[0])
        without_seats(Flight.objects.get(pk=taken))

        carry_out(now=now)

        left = ItineraryChange.objects.open()
        assert {change.problem for change in left} == {"seats_gone"}
        assert [case.change.pk for case in cases_of(flight=flight, now=now)] == [
            change.pk for change in left.order_by("booking_id")
        ]
        assert propose(flight=flight, now=now).without == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_move_everybody_once(flight, agent, now):
    other = in_hours(flight, 3)
    owners = [User.objects.create_user(f"owner{n}@example.com") for n in range(6)]
    for owner in owners:
        make_booking(owner, flight, now=now)
    cancel_flight(flight=flight, now=now)
    accept_for_all(flight=flight, by=agent, now=now)
    together = Barrier(2, timeout=PATIENCE)

    def work(_worker):
        together.wait()
        try:
            return carry_out(now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        moved = sum(pool.map(work, range(2)))

    assert moved + carry_out(now=now) == 6
    assert FlightCabin.objects.get(flight=other, cabin="economy").seats_sold == 6
