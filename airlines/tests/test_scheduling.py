"""Flights that are put into the schedule at once."""

from datetime import timedelta
from threading import Barrier

import pytest

from airlines.models import Flight
from airlines.services import scheduling
from airlines.services.scheduling import schedule_flight
from airlines.tests.factories import make_flight
from airlines.tests.races import CLIENTS, PATIENCE, at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def schedule_one(in_a_month, now):
    there = make_flight(departs_at=in_a_month)

    def schedule_one(n: int) -> None:
        schedule_flight(
            number=f"KV{n + 1}",
            airplane=there.airplane,
            origin=there.origin,
            destination=there.destination,
            departs_at=there.departs_at + timedelta(days=1),
            arrives_at=there.arrives_at + timedelta(days=1),
            now=now,
        )

    return schedule_one


def test_an_airplane_gets_one_of_the_flights_that_are_made_at_once(schedule_one):
    assert at_once(schedule_one) == {"done": 1, "InvalidRequest": CLIENTS - 1}
    assert Flight.objects.count() == 2


def test_control_without_the_lock_it_gets_all(schedule_one, monkeypatch):
    """Everybody has looked for others' flights before anybody's is there to be seen."""
    looked, refuse = Barrier(CLIENTS), scheduling.refuse_two_places

    def refuse_and_wait(flight):
        refuse(flight)
        looked.wait(PATIENCE)

    monkeypatch.setattr(scheduling, "lock_airplane", lambda _airplane: None)
    monkeypatch.setattr(scheduling, "refuse_two_places", refuse_and_wait)

    assert at_once(schedule_one) == {"done": CLIENTS}
