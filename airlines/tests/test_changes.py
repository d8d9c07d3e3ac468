"""What changed is told after commit, once, in order; and the change stands where nobody can be told."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from airlines.exceptions import SeatsGone
from airlines.models import Flight, FlightFare
from airlines.services import changes, inventory
from airlines.services.changes import GONE, Change, Kind, Leg, announce, feed
from airlines.services.fares import change_fare, take_off_sale
from airlines.services.scheduling import FarePlan, correct_flight, remove_flights
from airlines.tests.factories import FareFamilyFactory, fare_of, make_flight
from flights_project.lib.feed import IN_ONE_GO, Entry, Feed

pytestmark = pytest.mark.django_db

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=5)


@pytest.fixture
def told(flight, django_capture_on_commit_callbacks):
    """What is told when `act` has committed."""

    def told(act) -> list[Change]:
        position = feed().position()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        entries: list[Entry] = []
        while more := feed().after(entries[-1].id if entries else position):
            entries += more
        return [Change.read(entry.content) for entry in entries]

    return told


@pytest.fixture
def valkey_away(monkeypatch, settings):
    away = Feed(NOWHERE, changes.FEED, settings.REDIS_OPTIONS)
    monkeypatch.setattr(changes, "feed", lambda: away)
    yield
    changes._lost.clear()


def cabins_of(flight):
    return inventory.lock_cabins(flights=[flight.pk], cabin="economy")


def seats(flight, left):
    return Change(Kind.SEATS, flight.pk, Leg.of(flight), {"cabin": "economy", "seats_left": left})


def price(flight, amount, previous):
    facts = {"cabin": "economy", "family": "light", "amount": amount, "previous": previous}
    return Change(Kind.PRICE, flight.pk, Leg.of(flight), facts)


def status(flight, becomes="scheduled"):
    return Change(Kind.STATUS, flight.pk, Leg.of(flight), {"status": becomes})


def test_a_new_price_with_the_one_before(told, flight):
    assert told(lambda: change_fare(fare=fare_of(flight), amount=Decimal(4400))) == [
        price(flight, "4400.00", "4000.00")
    ]


def test_nothing_where_the_price_stays(told, flight):
    assert told(lambda: change_fare(fare=fare_of(flight), amount=Decimal(4000))) == []


def test_the_seats_that_are_left_after_a_hold(told, flight):
    assert told(lambda: inventory.hold_seats(cabins=cabins_of(flight), seats=2)) == [seats(flight, 3)]


def test_seats_held_and_sold_are_told_once(told, flight):
    """Selling what is held leaves as many as before."""

    def retake():
        cabins = cabins_of(flight)
        inventory.hold_seats(cabins=cabins, seats=2)
        inventory.sell_held_seats(cabins=cabins, seats=2)
        inventory.return_sold_seats(cabins=cabins, seats=1)

    assert told(retake) == [seats(flight, 3), seats(flight, 4)]


def test_seats_given_back(told, flight):
    told(lambda: inventory.hold_seats(cabins=cabins_of(flight), seats=2))
    assert told(lambda: inventory.release_held_seats(cabins=cabins_of(flight), seats=2)) == [seats(flight, 5)]


def test_a_new_flight(told, in_a_month):
    [price_told, status_told] = told(lambda: make_flight(departs_at=in_a_month + timedelta(days=1)))
    flight = Flight.objects.latest("pk")
    assert (price_told, status_told) == (price(flight, "4000.00", None), status(flight))


def test_a_flight_that_moves_is_told_where_it_was_and_where_it_is(told, flight):
    was = Leg.of(flight)
    [left, came] = told(
        lambda: correct_flight(
            flight=flight,
            departs_at=flight.departs_at + timedelta(days=1),
            arrives_at=flight.arrives_at + timedelta(days=1),
        )
    )
    assert (left.leg, came.leg) == (was, Leg(was.origin, was.destination, was.departs_on + timedelta(days=1)))


def test_an_amended_fare_is_told_and_one_that_stays_is_not(told, flight):
    light = FarePlan(cabin="economy", family=FareFamilyFactory(code="light"), amount=Decimal(4000))
    flex = FarePlan(cabin="economy", family=FareFamilyFactory(code="flex"), amount=Decimal(6000))
    [new] = told(lambda: correct_flight(flight=flight, fares=[light, flex]))
    assert new.facts == {"cabin": "economy", "family": "flex", "amount": "6000.00", "previous": None}


def test_a_fare_taken_off_sale_costs_nothing_any_more(told, flight):
    assert told(lambda: take_off_sale([fare_of(flight)])) == [price(flight, None, "4000.00")]
    assert not FlightFare.objects.exists()


def test_a_deleted_flight_is_gone(told, flight):
    gone = status(flight, GONE)
    assert told(lambda: remove_flights([flight])) == [gone]
    assert not Flight.objects.exists()


def test_staff_delete_through_the_same_services(told, flight, page_of, agent, as_user):
    other = make_flight(departs_at=flight.departs_at + timedelta(days=2))
    desk, api = page_of(agent), as_user(agent)

    def delete():
        desk.post(f"/admin/airlines/flightfare/{fare_of(flight).pk}/delete/", {"post": "yes"})
        api.delete(f"/api/v1/flights/{flight.pk}/")
        chosen = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
        desk.post("/admin/airlines/flight/", chosen)

    assert told(delete) == [price(flight, None, "4000.00"), status(flight, GONE), status(other, GONE)]


def test_what_is_rolled_back_is_never_told(told, flight):
    def too_many():
        with transaction.atomic():
            inventory.hold_seats(cabins=cabins_of(flight), seats=1)
            inventory.hold_seats(cabins=cabins_of(flight), seats=5)

    def fail_then_go_on():
        with pytest.raises(SeatsGone):
            too_many()
        announce([status(flight)])

    assert told(fail_then_go_on) == [status(flight)]


def test_one_transaction_tells_all_in_one_round_trip(told, flight, monkeypatch):
    trips = []
    append = Feed.append

    def counted(feed, contents):
        trips.append(1)
        append(feed, contents)

    monkeypatch.setattr(Feed, "append", counted)

    def three():
        for left in range(3):
            announce([seats(flight, left)])

    assert told(three) == [seats(flight, 0), seats(flight, 1), seats(flight, 2)]
    assert len(trips) == 1


def test_many_at_once_keep_their_order(told, flight):
    many = [seats(flight, left) for left in range(2 * IN_ONE_GO + 1)]
    assert told(lambda: announce(many)) == many


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_told_at_once(flight):
    position = feed().position()
    announce([seats(flight, 1)])
    assert len(feed().after(position)) == 1


def test_a_change_stands_where_nobody_can_be_told(flight, valkey_away, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        change_fare(fare=fare_of(flight), amount=Decimal(4400))
    assert fare_of(flight).amount == 4400


def test_what_could_not_be_told_is_made_known_as_soon_as_possible(told, flight, valkey_away, monkeypatch):
    told(lambda: change_fare(fare=fare_of(flight), amount=Decimal(4400)))
    monkeypatch.undo()
    assert told(lambda: announce([seats(flight, 1)])) == [Change(Kind.MISSED), seats(flight, 1)]
    assert told(lambda: announce([seats(flight, 2)])) == [seats(flight, 2)]


def test_while_the_feed_is_away_there_is_no_position_to_follow_from(valkey_away):
    assert changes.position() == ""


def test_what_another_version_tells_may_be_anything():
    assert Kind("weather") is Kind.MISSED
