"""What a request may have: what is named and not read, in a body or a query, is an error at every door."""

import json

import pytest
from django.urls import URLResolver

from airlines.tests.factories import AirplaneFactory, AirportFactory, FareFamilyFactory, claim_for, fare_of, make_flight
from bookings.models import Booking
from bookings.tests.factories import make_booking
from flights_project import api as routes

pytestmark = pytest.mark.django_db

ASHA = {"type": "adult", "given_name": "Asha", "family_name": "Rao", "born_on": "1990-04-05"}


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month)


def errors_of(answer):
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    return answer.json()["errors"]


class TestAHold:
    @pytest.fixture
    def wish(self, flight, now):
        offer = claim_for([flight], now=now).token
        return {"offer": offer, "passengers": [ASHA], "contact": {"email": "asha@example.com"}}

    @pytest.fixture
    def hold(self, as_user, traveller, wish):
        def hold(**changes):
            return as_user(traveller).post("/api/v1/bookings/", wish | changes, headers={"Idempotency-Key": "k"})

        return hold

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"nickname": "x"}, "nickname"),
            ({"passengers": [ASHA | {"nickname": "x"}]}, "passengers[0].nickname"),
            ({"contact": {"email": "asha@example.com", "fax": "1"}}, "contact.fax"),
            ({"contact": "x"}, "contact"),
            ({"passengers": ["x"]}, "passengers[0]"),
            ({"passengers": [ASHA | {"given_name": 12}]}, "passengers[0].given_name"),
            ({"offer": True}, "offer"),
        ],
    )
    def test_with_something_that_nobody_reads_is_refused(self, hold, changes, field):
        assert errors_of(hold(**changes)).keys() == {field}
        assert not Booking.objects.exists()

    def test_has_names_as_they_are_printed(self, hold):
        typed = {"given_name": "Jose\u0301  Mari\u0301a", "family_name": " O'  Neil "}

        [passenger] = hold(passengers=[ASHA | typed]).json()["passengers"]

        assert (passenger["given_name"], passenger["family_name"]) == ("José María", "O' Neil")


def test_a_name_is_as_long_as_it_is_printed(as_user, traveller, flight, now):
    composed_of_two = "\u0958" * 60
    offer = claim_for([flight], now=now).token
    wish = {"offer": offer, "passengers": [ASHA | {"given_name": composed_of_two}], "contact": {"email": "a@b.example"}}

    answer = as_user(traveller).post("/api/v1/bookings/", wish, headers={"Idempotency-Key": "k"})

    assert errors_of(answer).keys() == {"passengers[0].given_name"}


@pytest.mark.parametrize("body", [{}, {"price": "5"}, {"amount": "5", "price": "5"}, {"id": 1}])
def test_a_change_that_changes_nothing_is_refused(as_user, agent, flight, body):
    fare = fare_of(flight)

    answer = as_user(agent).patch(f"/api/v1/flights/{flight.pk}/fares/{fare.pk}/", body)

    assert errors_of(answer).keys() == ({"price"} if "price" in body else {"non_field_errors"})
    assert fare_of(flight).amount == 4000


def test_every_change_of_the_network_is_one(as_user, agent, flight):
    staff = as_user(agent)
    for path in (
        f"flights/{flight.pk}",
        f"airplanes/{flight.airplane_id}",
        f"airports/{flight.origin_id}",
        f"cities/{flight.origin.city_id}",
        f"fare-families/{FareFamilyFactory().pk}",
    ):
        assert errors_of(staff.patch(f"/api/v1/{path}/", {})).keys() == {"non_field_errors"}
        assert errors_of(staff.patch(f"/api/v1/{path}/", {"colour": "blue"})).keys() == {"colour"}


@pytest.mark.parametrize("amount", ["1e5", "Infinity", "1_000", {"amount": "5", "currency": "INR", "tax": "1"}])
def test_an_amount_is_plain(as_user, agent, flight, amount):
    answer = as_user(agent).patch(f"/api/v1/flights/{flight.pk}/fares/{fare_of(flight).pk}/", {"amount": amount})

    assert errors_of(answer).keys() == {"amount.tax" if isinstance(amount, dict) else "amount"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"arrives_at": "2026-12-05T03:00:00Z"}, "arrives_at"),
        ({"destination": "DEL"}, "destination"),
        ({"number": 101}, "number"),
        ({"fares": [{"cabin": "economy", "family": "light", "amount": "1", "tax": 1}]}, "fares[0].tax"),
    ],
)
def test_a_wrong_flight_is_answered_by_field(as_user, agent, now, changes, field):
    AirportFactory(iata="DEL")
    AirportFactory(iata="BOM")
    FareFamilyFactory()
    plan = {
        "number": "KV101",
        "airplane": AirplaneFactory().pk,
        "origin": "DEL",
        "destination": "BOM",
        "departs_at": "2026-12-05T04:00:00Z",
        "arrives_at": "2026-12-05T06:00:00Z",
    }

    assert errors_of(as_user(agent).post("/api/v1/flights/", plan | changes)).keys() == {field}


def test_cabins_that_share_a_row_are_named(as_user, agent):
    cabins = [
        {"cabin": "business", "first_row": 1, "last_row": 4, "layout": "AB"},
        {"cabin": "economy", "first_row": 4, "last_row": 9, "layout": "AB"},
    ]

    answer = as_user(agent).post("/api/v1/airplanes/", {"registration": "VT-KAA", "model": "A320neo", "cabins": cabins})

    assert errors_of(answer).keys() == {"cabins[1].first_row"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("payments", {"gateway": "sandbox", "token": "tok_ok", "cvc": "1"}),
        ("cancellation-quotes", {"cvc": "1"}),
        ("seats", {"seats": [{"flight": 1, "passenger": 0, "seat": None}], "cvc": "1"}),
    ],
)
def test_nor_is_anything_of_a_booking_read_half(as_user, traveller, flight, now, path, body):
    booking = make_booking(traveller, flight, now=now)
    method = "PUT" if path == "seats" else "POST"

    answer = as_user(traveller).generic(
        method,
        f"/api/v1/bookings/{booking.locator}/{path}/",
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )

    assert errors_of(answer).keys() == {"cvc"}


@pytest.mark.parametrize("path", ["signup", "token", "token/refresh", "logout"])
def test_nor_at_the_log_in(api, path):
    bodies = {
        "signup": {"email": "a@example.com", "password": "a long enough phrase", "first_name": "A", "last_name": "B"},
        "token": {"email": "a@example.com", "password": "x"},
    }

    answer = api.post(f"/api/v1/auth/{path}/", bodies.get(path, {"refresh": "x"}) | {"is_staff": True})

    assert errors_of(answer).keys() == {"is_staff"}


def test_nor_of_webhooks_and_alerts(as_user, as_key, traveller, integrator_key):
    endpoint = {"url": "https://hooks.example.com/", "events": ["booking.confirmed"], "kind": 1}
    alert = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20", "colour": "blue"}

    assert errors_of(as_user(traveller).post("/api/v1/price-alerts/", alert)).keys() == {"colour"}
    assert errors_of(as_key(integrator_key).post("/api/v1/webhook-endpoints/", endpoint)).keys() == {"kind"}


BY_A_FORM = {"LowsView", "PlacesView", "SearchView"}
"""Reads that name their parameters elsewhere, and refuse others by the same function."""


def views_read(patterns):
    """The classes of the views that are read, by their paths."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views_read(pattern.url_patterns)
            continue
        view = getattr(pattern.callback, "cls", None) or pattern.callback.view_class
        name = getattr(pattern.callback, "actions", {"get": "get"}).get("get")
        if name and hasattr(view, name):
            yield str(pattern.pattern), view


def test_every_read_refuses_what_it_does_not_know():
    reads = dict(views_read(routes.urlpatterns))

    assert len(reads) > 20
    for path, view in reads.items():
        names = {each.__name__ for each in view.__mro__}
        assert names & ({"KnownParameters"} | BY_A_FORM), path


@pytest.mark.parametrize(
    "path",
    [
        "flights/",
        "flights/{flight}/",
        "flights/{flight}/seat-map/",
        "flights/{flight}/fares/{fare}/",
        "flights/{flight}/fares/{fare}/history/",
        "offers/{offer}/",
        "fare-changes/",
        "bookings/",
        "bookings/{locator}/",
        "bookings/{locator}/changes/",
        "price-alerts/",
        "places/",
        "search/",
        "search/calendar/",
    ],
)
def test_a_parameter_that_there_is_not_is_named(as_user, agent, flight, now, path):
    booking = make_booking(agent, flight, now=now)
    known = {
        "flight": flight.pk,
        "fare": fare_of(flight).pk,
        "offer": claim_for([flight], now=now).token,
        "locator": booking.locator,
    }

    answer = as_user(agent).get("/api/v1/" + path.format(**known), {"cabn": "business"})

    assert errors_of(answer)["cabn"] == ["There is no such parameter."]


@pytest.mark.parametrize("path", ["events/", "webhook-endpoints/"])
def test_nor_by_a_key(as_key, integrator_key, path):
    assert errors_of(as_key(integrator_key).get(f"/api/v1/{path}", {"cabn": "x"})).keys() == {"cabn"}


@pytest.mark.parametrize("query", ["cabin=roof", "cabin=economy&cabin=business", "cabin="])
def test_a_seat_map_is_of_a_cabin(api, flight, query):
    assert errors_of(api.get(f"/api/v1/flights/{flight.pk}/seat-map/?{query}")).keys() == {"cabin"}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("flights/{flight}/seat-map/?booking=%00", "booking"),
        ("flights/?origin=%00", "origin"),
        ("flights/?cursor=%00", "cursor"),
        ("bookings/{locator}/?fields=%00", "fields"),
        ("search/?origin=%00&destination=BOM&depart_on=2026-12-20", "origin"),
        ("places/?q=a%00b", "q"),
    ],
)
def test_no_parameter_holds_the_null_character(as_user, agent, flight, now, path, field):
    booking = make_booking(agent, flight, now=now)

    answer = as_user(agent).get("/api/v1/" + path.format(flight=flight.pk, locator=booking.locator))

    assert errors_of(answer) == {field: ["Null characters are not allowed."]}


@pytest.mark.parametrize("path", ["bookings/%00/", "bookings/%00/changes/", "flights/%D9%A3/", "fare-changes/%D9%A3/"])
def test_what_can_be_no_id_is_not_found(as_user, agent, path):
    assert as_user(agent).get(f"/api/v1/{path}").status_code == 404


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("airports/?iata=DELHI", "iata"),
        ("airports/?icao=DEL", "icao"),
        ("airports/?city=New Delhi", "city"),
        ("airports/?country=India", "country"),
        ("cities/?code=1", "code"),
        ("airplanes/?registration=VT_KKA", "registration"),
        ("fare-families/?code=a b", "code"),
        ("flights/?number=101", "number"),
        ("flights/?origin=%25", "origin"),
        ("flights/?destination=50%25 off", "destination"),
        ("flights/?airplane=x", "airplane"),
    ],
)
def test_a_list_is_not_empty_for_what_there_cannot_be(api, path, field):
    assert errors_of(api.get(f"/api/v1/{path}")).keys() == {field}


@pytest.mark.parametrize("path", ["airports/?iata=del", "airports/?country=in", "flights/?number={number}"])
def test_codes_are_found_in_any_case(api, flight, path):
    assert api.get("/api/v1/" + path.format(number=flight.number.lower())).json()["results"]
