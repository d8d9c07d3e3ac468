"""The day of a flight: what it becomes, what is refused, and that whoever looks at it is told."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from airlines.exceptions import FlightClosed, SeatsGone
from airlines.models import Flight, FlightCabin
from airlines.services import inventory, operations
from airlines.services.overbooking import set_overbooking, share_of
from airlines.tests.factories import AirplaneFactory, business, economy, make_flight
from flights_project.lib.errors import InvalidRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=5)


@pytest.fixture
def cabins(flight):
    return inventory.lock_cabins(flights=[flight.pk], cabin="economy")


def cabin_of(flight, cabin="economy"):
    return FlightCabin.objects.get(flight=flight, cabin=cabin)


class TestADay:
    def test_a_delay_moves_the_flight_and_leaves_it_on_its_day(self, flight, now):
        later = timedelta(hours=20)

        moved = operations.move(
            flight=flight, departs_at=flight.departs_at + later, arrives_at=flight.arrives_at + later, now=now
        )

        flight.refresh_from_db()
        assert (flight.status, flight.departs_at, flight.revision) == ("delayed", moved.departs_at, moved.revision)
        assert flight.departs_on == moved.departs_on < moved.departs_at.date()

    def test_it_does_not_leave_in_the_past(self, flight, now):
        with pytest.raises(InvalidRequest) as refused:
            operations.move(flight=flight, departs_at=now, arrives_at=flight.arrives_at, now=now)

        assert list(refused.value.errors) == ["departs_at"]

    def test_it_does_not_arrive_before_it_leaves(self, flight, now):
        with pytest.raises(ValidationError):
            operations.move(flight=flight, departs_at=flight.arrives_at, arrives_at=flight.departs_at, now=now)

    def test_a_gate_is_assigned_and_counted_as_a_revision(self, flight):
        assigned = operations.assign_gate(flight=flight, gate="42B")

        flight.refresh_from_db()
        assert (flight.gate, flight.revision) == ("42B", assigned.revision)

    def test_one_that_is_cancelled_stays_so_whatever_is_asked(self, flight, now):
        operations.cancel(flight=flight)

        flight.refresh_from_db()
        assert flight.status == Flight.Status.CANCELLED
        with pytest.raises(FlightClosed):
            operations.cancel(flight=flight)
        with pytest.raises(FlightClosed):
            set_overbooking(flight=flight, cabin="economy", seats=1)


class TestAnotherAirplane:
    def test_brings_its_own_seats_and_keeps_what_is_sold(self, flight, cabins):
        inventory.sell_seats(cabins=cabins, seats=2)

        operations.swap(flight=flight, airplane=AirplaneFactory(cabins=[business(1, 1)]))

        assert (cabin_of(flight).capacity, cabin_of(flight).excess) == (2, 2)
        assert cabin_of(flight, "business").seats_left == 4

    def test_is_another_one(self, flight):
        with pytest.raises(InvalidRequest) as refused:
            operations.swap(flight=flight, airplane=flight.airplane)

        assert list(refused.value.errors) == ["airplane"]


class TestCounters:
    def test_seats_are_sold_as_far_as_there_are_some(self, cabins):
        inventory.sell_seats(cabins=cabins, seats=4)

        with pytest.raises(SeatsGone) as refused:
            inventory.sell_seats(cabins=cabins, seats=2)

        assert refused.value.facts["seats_left"] == 1

    def test_what_nobody_holds_is_not_given_back(self, flight, cabins):
        with pytest.raises(RuntimeError, match="do not hold what is given back"):
            inventory.release_held_seats(cabins=cabins, seats=1)

        assert cabin_of(flight).seats_left == 5


class TestOverbooking:
    def test_as_many_more_are_sold_and_not_fewer_than_are(self, flight):
        set_overbooking(flight=flight, cabin="economy", seats=2)
        cabins = inventory.lock_cabins(flights=[flight.pk], cabin="economy")
        inventory.sell_seats(cabins=cabins, seats=7)

        with pytest.raises(InvalidRequest, match="2 seats beyond those of the airplane") as refused:
            set_overbooking(flight=flight, cabin="economy", seats=1)

        assert list(refused.value.errors) == ["overbooking"]
        assert cabin_of(flight).limit == 2

    def test_a_cabin_that_there_is_not_is_named(self, flight):
        with pytest.raises(InvalidRequest, match="no such cabin"):
            set_overbooking(flight=flight, cabin="first", seats=1)

    def test_a_share_is_of_the_airplanes_seats_rounded_down(self, in_a_month):
        flight = make_flight(departs_at=in_a_month, airplane=AirplaneFactory(cabins=[economy(1, 1, "ABC-DEF")]))

        assert [share_of(cabin_of(flight), percent) for percent in (0, 33, 34, 100)] == [0, 1, 2, 6]
