"""A seat that is blocked is for sale on no flight to come; one that is mended is again."""

from datetime import timedelta
from threading import Barrier

import pytest

from airlines.models import Flight, FlightCabin, Seat
from airlines.services import blocked_seats, scheduling
from airlines.services.blocked_seats import write_seat
from airlines.services.operations import swap
from airlines.services.overbooking import set_overbooking
from airlines.tests.factories import AirplaneFactory, economy, make_flight
from airlines.tests.races import PATIENCE, at_once


def cabin_of(flight):
    return FlightCabin.objects.get(flight=flight)


def write(airplane, row, now, blocked_for="broken"):
    seat = Seat.objects.get(cabin__airplane=airplane, row=row, letter="A")
    seat.blocked_for = blocked_for
    return write_seat(seat=seat, now=now)


@pytest.mark.django_db
class TestBlocking:
    @pytest.fixture
    def airplane(self):
        return AirplaneFactory(cabins=[economy(1, 5, "A")])

    @pytest.fixture
    def flight(self, airplane, in_a_month):
        return make_flight(departs_at=in_a_month, airplane=airplane)

    def test_takes_a_seat_off_every_flight_to_come_and_gives_it_back(self, airplane, flight, in_a_month, now):
        make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(days=1), airplane=airplane)

        assert write(airplane, 1, now) == 2
        assert set(FlightCabin.objects.values_list("capacity", flat=True)) == {4}
        assert write(airplane, 1, now, "") == 2
        assert cabin_of(flight).capacity == 5

    def test_leaves_what_has_left_or_was_cancelled_as_it_was(self, airplane, flight, now):
        assert write(airplane, 1, flight.departs_at) == 0
        Flight.objects.update(status="cancelled")
        assert write(airplane, 2, now) == 0
        assert cabin_of(flight).capacity == 5

    def test_for_another_reason_changes_nothing_that_is_sold(self, airplane, flight, now):
        write(airplane, 1, now)

        assert write(airplane, 1, now, "crew_rest") == 0

    def test_keeps_what_may_be_sold_beyond(self, airplane, flight, now):
        set_overbooking(flight=flight, cabin="economy", seats=2)
        write(airplane, 1, now)

        assert (cabin_of(flight).seats, cabin_of(flight).limit, cabin_of(flight).capacity) == (4, 2, 6)

    def test_of_what_is_sold_leaves_more_sold_than_there_is(self, airplane, flight, now):
        FlightCabin.objects.update(seats_sold=5)
        write(airplane, 1, now)

        cabin = cabin_of(flight)
        assert (cabin.seats, cabin.beyond, cabin.excess, cabin.seats_left) == (4, 1, 1, 0)

    def test_counts_for_flights_that_are_made_or_swapped_afterwards(self, airplane, flight, in_a_month, now):
        write(airplane, 1, now)
        later = make_flight(departs_at=in_a_month + timedelta(days=2), airplane=airplane)
        swapped = make_flight(departs_at=in_a_month + timedelta(days=3), seats=9)
        swap(flight=swapped, airplane=airplane)

        assert (cabin_of(later).capacity, cabin_of(swapped).capacity) == (4, 4)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_a_flight_that_is_made_at_that_moment_has_the_seats_of_now(in_a_month, now, monkeypatch, locked):
    """The flight has counted the seats when one is blocked. With the lock of the airplane whoever blocks waits for the
    flight and finds it; without (the control) it keeps a seat that nobody can have."""
    airplane = AirplaneFactory(cabins=[economy(1, 5, "A")])
    make_flight(departs_at=in_a_month, airplane=airplane)
    counted, done = Barrier(2, timeout=PATIENCE), Barrier(2, timeout=PATIENCE)
    real = scheduling.open_inventory

    def open_inventory(flight):
        real(flight)
        counted.wait()
        if not locked:
            done.wait()

    def act(n):
        if n:
            make_flight(departs_at=in_a_month + timedelta(days=1), airplane=airplane)
            return
        counted.wait()
        write(airplane, 1, now)
        if not locked:
            done.wait()

    monkeypatch.setattr(scheduling, "open_inventory", open_inventory)
    if not locked:
        monkeypatch.setattr(blocked_seats, "lock_airplane", lambda _airplane: None)

    assert at_once(act, clients=2) == {"done": 2}
    capacities = list(FlightCabin.objects.order_by("pk").values_list("capacity", flat=True))
    assert capacities == ([4, 4] if locked else [4, 5])
