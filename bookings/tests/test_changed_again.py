"""The airline changes a flight again while its traveller looks at the change before: nobody accepts what is unseen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection

from airlines.services import operations
from airlines.tests.factories import make_flight
from airlines.tests.races import PATIENCE
from bookings.exceptions import ChangeRenewed
from bookings.models import ItineraryChange
from bookings.services import choices
from bookings.services.choices import accept, move, offer_of, offer_to_move
from bookings.services.irregular_days import cancel_flight, delay_flight
from bookings.tests.factories import make_booking

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101")


@pytest.fixture
def other(in_a_month):
    return make_flight(departs_at=in_a_month + timedelta(hours=6), number="KV103")


def change_of(booking):
    return ItineraryChange.objects.get(booking=booking, status="open")


def delay(flight, now, hours=5):
    flight.refresh_from_db()
    times = {name: getattr(flight, name) + timedelta(hours=hours) for name in ("departs_at", "arrives_at")}
    delay_flight(flight=flight, now=now, **times)


def test_another_time_is_asked_about_again(traveller, flight, now):
    booking = make_booking(traveller, flight, now=now)
    delay(flight, now)
    seen = offer_of(change_of(booking))
    delay(flight, now, hours=1)

    with pytest.raises(ChangeRenewed):
        accept(change=change_of(booking), by=traveller, now=now, offered=seen)

    change = change_of(booking)
    assert accept(change=change, by=traveller, now=now, offered=offer_of(change)).status == "kept"


def test_so_is_a_proposed_flight_that_was_moved(traveller, flight, other, now):
    booking = make_booking(traveller, flight, now=now)
    cancel_flight(flight=flight, now=now)
    seen = offer_of(change_of(booking))
    delay(other, now)

    with pytest.raises(ChangeRenewed):
        accept(change=change_of(booking), by=traveller, now=now, offered=seen)


@pytest.mark.parametrize("changed_again", ["flight", "other"])
def test_other_flights_are_asked_about_again(traveller, flight, other, now, changed_again):
    """The one that was changed may be flown as booked after all, the chosen one leave at another time."""
    booking = make_booking(traveller, flight, now=now)
    delay(flight, now)
    seen = offer_to_move(change_of(booking), [other])
    delay({"flight": flight, "other": other}[changed_again], now, hours=1)

    with pytest.raises(ChangeRenewed):
        move(change=change_of(booking), flights=[other.pk], by=traveller, now=now, offered=seen)

    change = change_of(booking)
    other.refresh_from_db()
    seen = offer_to_move(change, [other])
    assert move(change=change, flights=[other.pk], by=traveller, now=now, offered=seen).status == "moved"


def test_the_page_asks_again(traveller, flight, now, page_of):
    booking = make_booking(traveller, flight, now=now)
    delay(flight, now)
    change, browser = change_of(booking), page_of(traveller)
    url = f"/trips/{booking.locator}/changes/{change.pk}/"
    agreed = {"choice": "accept", "offered": offer_of(change)}
    assert f'name="offered" value="{agreed["offered"]}"' in browser.get(url).content.decode()
    delay(flight, now, hours=1)

    again = browser.post(url, agreed, follow=True).content.decode()
    unseen = browser.post(url, {"choice": "accept"}, follow=True).content.decode()
    done = browser.post(url, agreed | {"offered": offer_of(change)}, follow=True).content.decode()

    assert "We have changed this again." in again
    assert "We have changed this again." in unseen
    assert "The flight stays as it is now." in done


def test_the_page_asks_again_about_other_flights(traveller, flight, other, now, page_of):
    booking = make_booking(traveller, flight, now=now)
    delay(flight, now)
    url, browser = f"/trips/{booking.locator}/changes/{change_of(booking).pk}/", page_of(traveller)
    seen = f"{flight.pk}.1-{other.pk}.0"
    assert f'name="choice" value="{seen}"' in browser.get(url).content.decode()
    delay(other, now, hours=1)

    again = browser.post(url, {"choice": seen}, follow=True).content.decode()
    done = browser.post(url, {"choice": f"{flight.pk}.1-{other.pk}.1"}, follow=True).content.decode()

    assert "We have changed this again." in again
    assert "You are booked on these flights" in done


def test_a_program_that_moves_is_told(integrator, integrator_key, flight, other, now, as_key):
    booking = make_booking(integrator, flight, now=now)
    delay(flight, now)
    url = f"/api/v1/bookings/{booking.locator}/changes/{change_of(booking).pk}/"
    door, choice = as_key(integrator_key), {"choice": "move", "flights": [other.pk]}
    before = door.get(url).json()
    delay(other, now, hours=1)

    refused = door.post(url, choice | {"offered": before["others"][0]["offered"]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "change_renewed")

    delay(flight, now, hours=1)
    of_the_change_alone = door.post(url, choice | {"offered": before["offered"]}, format="json")
    assert of_the_change_alone.json()["code"] == "change_renewed"

    done = door.post(url, choice | {"offered": door.get(url).json()["others"][0]["offered"]}, format="json")
    assert (done.status_code, done.json()["status"]) == (200, "moved")


def test_a_program_is_told(integrator, integrator_key, flight, now, as_key):
    booking = make_booking(integrator, flight, now=now)
    delay(flight, now)
    url = f"/api/v1/bookings/{booking.locator}/changes/{change_of(booking).pk}/"
    door = as_key(integrator_key)
    offered = door.get(url).json()["offered"]
    delay(flight, now, hours=1)

    refused = door.post(url, {"choice": "accept", "offered": offered}, format="json")
    done = door.post(url, {"choice": "accept", "offered": door.get(url).json()["offered"]}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (409, "change_renewed")
    assert (done.status_code, done.json()["status"]) == (200, "kept")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_a_delay_at_the_moment_of_the_answer_asks_again(traveller, flight, now, monkeypatch, locked):
    """The answer stops when it has seen the flight, until the delay waits for its lock. In the control, which locks no
    flight, until the delay is done: the traveller has kept a flight at a time that nobody asked them about."""
    booking = make_booking(traveller, flight, now=now)
    delay(flight, now)
    change = change_of(booking)
    seen, stopped, goes_on = offer_of(change), Event(), Event()
    real_close, real_lock = choices.close, operations.lock_flight

    def stop(**answer):
        stopped.set()
        assert goes_on.wait(PATIENCE)
        return real_close(**answer)

    def lock(asked):
        if locked:
            goes_on.set()
        return real_lock(asked)

    def of_its_own(act):
        try:
            return act()
        finally:
            connection.close()

    monkeypatch.setattr(choices, "close", stop)
    monkeypatch.setattr(operations, "lock_flight", lock)
    if not locked:
        monkeypatch.setattr(choices, "_lock_offer", offer_of)
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(of_its_own, lambda: accept(change=change, by=traveller, now=now, offered=seen))
        assert stopped.wait(PATIENCE)
        again = pool.submit(of_its_own, lambda: delay(flight, now))
        if not locked:
            again.result(PATIENCE)
            goes_on.set()
        assert answer.result(PATIENCE).status == "kept"
        again.result(PATIENCE)

    assert ItineraryChange.objects.filter(booking=booking, status="open").exists() is locked
