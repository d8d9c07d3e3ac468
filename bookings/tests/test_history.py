"""Every change of a booking, payment or price has who, when, from which door, before and after."""

from datetime import timedelta

import pytest
from django.db import InternalError, transaction

from airlines.models import FlightFare
from airlines.tests.factories import fare_of, make_flight
from bookings.models import Booking, Payment
from bookings.tasks import expire_holds
from bookings.tests.factories import make_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month)


def events_of(thing):
    return thing.events.order_by("pgh_id")


def test_a_payment_through_the_api_says_who_and_by_which_door(as_user, traveller, flight, now):
    booking = make_hold(traveller, flight, now=now)

    as_user(traveller).post(
        f"/api/v1/bookings/{booking.locator}/payments/",
        {"gateway": "sandbox", "token": "tok_ok"},
        headers={"Idempotency-Key": "1"},
    )

    [confirmed] = events_of(booking)
    [prepared, paid] = events_of(Payment.objects.get())
    assert (confirmed.status, prepared.status, paid.status) == ("confirmed", "started", "succeeded")
    for event in (confirmed, prepared, paid):
        assert event.pgh_context["user"] == traveller.pk
        assert event.pgh_context["door"] == "api"
        assert event.pgh_context["request_id"]


def test_a_price_keeps_what_it_was(as_user, agent, flight):
    fare = fare_of(flight)

    for amount in (4100, 4100, 3900):
        as_user(agent).patch(f"/api/v1/flights/{flight.pk}/fares/{fare.pk}/", {"amount": amount})

    assert list(events_of(fare).values_list("amount", flat=True)) == [4100, 3900]


def test_changes_in_bulk_are_seen_too(flight):
    FlightFare.objects.update(amount=1)

    assert events_of(fare_of(flight)).count() == 1


def test_a_task_signs_with_its_name(traveller, flight, now):
    booking = make_hold(traveller, flight, now=now - timedelta(hours=1))

    expire_holds()

    expired = events_of(booking).last()
    assert (expired.status, expired.pgh_context["task"]) == ("expired", "bookings.tasks.expire_holds")


def test_the_desk_says_in_the_airlines_words_what_runs_by_itself(page_of, agent, traveller, flight, now):
    booking = make_hold(traveller, flight, now=now - timedelta(hours=1))
    expire_holds()

    shown = page_of(agent).get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()

    assert "the airline, automatically" in shown
    assert "bookings.tasks" not in shown


@pytest.mark.parametrize("rewrite", [lambda events: events.update(status="held"), lambda events: events.delete()])
def test_history_is_not_rewritten(traveller, flight, now, rewrite):
    booking = make_hold(traveller, flight, now=now)
    Booking.objects.update(status="cancelled")

    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        rewrite(events_of(booking))
