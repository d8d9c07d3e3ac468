"""A journey with a connection, from the search to the cancellation of a slice, through the API."""

from datetime import timedelta

import pytest

from airlines.tests.factories import FareFamilyFactory, make_flight

pytestmark = pytest.mark.django_db

PASSENGERS = [
    {"type": "adult", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"},
    {"type": "child", "given_name": "Ravi", "family_name": "Rao", "born_on": "2018-04-05"},
]


@pytest.fixture
def traveller_api(as_user, traveller):
    return as_user(traveller)


@pytest.fixture
def offer(api, in_a_month):
    FareFamilyFactory(code="flex", seat_choice_included=True, refund_percent=100)
    fares = {"flex": 4000}
    make_flight("DEL", "BOM", departs_at=in_a_month, number="KV101", fares=fares)
    make_flight("BOM", "BLR", departs_at=in_a_month + timedelta(hours=3), number="KV201", fares=fares)
    make_flight("BLR", "DEL", departs_at=in_a_month + timedelta(days=2), number="KV301", fares=fares)
    asked = {"origin": "DEL", "destination": "BLR", "depart_on": "2026-12-20", "return_on": "2026-12-22", "children": 1}
    [offer] = api.get("/api/v1/search/", asked).json()["results"]
    return offer


@pytest.fixture
def booking(traveller_api, offer):
    held = traveller_api.post(
        "/api/v1/bookings/",
        {"offer": offer["offer"], "passengers": PASSENGERS, "contact": {"email": "asha@example.com", "phone": ""}},
        headers={"Idempotency-Key": "hold"},
    )
    assert held.status_code == 201, held.content
    return held.json()


@pytest.fixture
def paid(traveller_api, booking):
    path = f"/api/v1/bookings/{booking['locator']}/payments/"
    answer = traveller_api.post(path, {"gateway": "sandbox", "token": "tok_ok"}, headers={"Idempotency-Key": "pay"})
    assert answer.json()["status"] == "succeeded", answer.content
    return booking["locator"]


def test_is_held_at_the_price_of_the_search_with_its_connection(booking, offer):
    assert booking["total"] == offer["total"]
    assert [len(part["segments"]) for part in booking["slices"]] == [2, 1]
    assert booking["slices"][0]["connections"] == offer["slices"][0]["connections"]
    assert offer["slices"][0]["connections"][0]["duration"] == "PT1H0M"


def test_is_ticketed_for_every_flight_and_seated_on_each(traveller_api, booking, paid):
    flights = [segment["flight"] for part in booking["slices"] for segment in part["segments"]]
    answer = traveller_api.put(
        f"/api/v1/bookings/{paid}/seats/",
        {"seats": [{"flight": flight, "passenger": 0, "seat": "9C"} for flight in flights]},
        format="json",
    )
    assert answer.status_code == 200, answer.content
    assert len(traveller_api.get(f"/api/v1/bookings/{paid}/").json()["tickets"]) == 2


def test_loses_one_slice_whole_and_keeps_the_other(traveller_api, booking, paid):
    quotes = f"/api/v1/bookings/{paid}/cancellation-quotes/"
    quote = traveller_api.post(quotes, {"slices": [0]})
    assert quote.status_code == 201, quote.content

    confirmed = traveller_api.post(f"{quotes}{quote.json()['id']}/confirm/")

    assert confirmed.status_code == 200, confirmed.content
    assert traveller_api.get(f"/api/v1/bookings/{paid}/").json()["status"] == "confirmed"
