"""Finding a booking without an account."""

import pytest

from airlines.tests.factories import make_flight
from airlines.tests.reading import read
from bookings.exceptions import BookingNotFound
from bookings.services.finding import find_booking
from bookings.tests.factories import adult, make_booking

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(traveller, in_a_month, now):
    flight = make_flight(departs_at=in_a_month, number="KV101")
    people = [adult(given_name="Asha", family_name="Rao"), adult(given_name="Zoë", family_name="O'Néill")]
    return make_booking(traveller, flight, now=now, travellers=people)


def find(client, locator, family_name, **extra):
    return client.post("/trips/find/", {"locator": locator, "family_name": family_name}, follow=True, **extra)


@pytest.mark.parametrize("name", ["Rao", "rao", " RAO ", "O'Néill", "oneill", "O’NEILL"])
def test_is_by_the_code_and_the_name_of_anybody_who_travels(booking, name):
    assert find_booking(locator=f" {booking.locator.lower()} ", family_name=name) == booking


@pytest.fixture
def booked_in_hindi(traveller, in_a_month, now):
    people = [adult(given_name="प्रिया", family_name="चौधरी")]
    return make_booking(traveller, make_flight(departs_at=in_a_month), now=now, travellers=people)


@pytest.mark.parametrize("name", ["चौधरी", " चौधरी ", "चौधरी\u200d"])
def test_is_by_a_name_in_hindi_as_it_is_typed(booked_in_hindi, name):
    assert find_booking(locator=booked_in_hindi.locator, family_name=name) == booked_in_hindi


@pytest.mark.parametrize("name", ["चधर", "चौधरानी", "Chaudhary", "प्रिया"])
def test_is_not_by_another_name_in_hindi(booked_in_hindi, name):
    with pytest.raises(BookingNotFound):
        find_booking(locator=booked_in_hindi.locator, family_name=name)


@pytest.mark.parametrize(("locator", "name"), [("", "Rao"), ("BBBBBB", "Rao"), (None, "Ra"), (None, ""), (None, "12")])
def test_does_not_say_what_was_wrong(booking, locator, name):
    with pytest.raises(BookingNotFound) as refused:
        find_booking(locator=booking.locator if locator is None else locator, family_name=name)

    assert str(refused.value) == "No booking has this code and this family name."


def test_shows_the_journey_and_nothing_of_money_or_contacts(client, booking, traveller):
    page = read(find(client, booking.locator.lower(), "rao"))

    assert "KV101" in page.words
    assert "Asha Rao" in page.words
    assert str(booking.passengers.first().ticket) in page.words
    for kept_back in (traveller.email, "₹", "Cancel this trip"):
        assert kept_back not in page.words


def test_is_for_this_browser_alone(client, booking):
    answer = client.get(f"/trips/found/{booking.locator}/")

    assert answer.headers["Location"] == "/trips/find/"


def test_keeps_what_was_typed(client, booking):
    page = read(find(client, "BBBBBB", "Rao"))

    assert page.value("locator") == "BBBBBB"
    assert "No booking has this code and this family name." in page.words


@pytest.mark.parametrize("entered", [{"locator": ""}, {"locator": "ABC"}, {"family_name": ""}, {"locator": "\0" * 6}])
def test_bad_input_is_an_error_beside_its_field(client, entered):
    page = read(client.post("/trips/find/", {"locator": "BBBBBB", "family_name": "Rao"} | entered))

    assert "There is a problem" in page.words


@pytest.mark.parametrize(
    ("rate", "attempts"),
    [
        ("lookup_address", [("BBBBBB", "Rao"), ("CCCCCC", "Sen"), ("DDDDDD", "Das")]),
        ("lookup_name", [("BBBBBB", "Rao"), ("bbbbbb", "Sen"), ("BBBBBB", "Das")]),
        ("lookup_family", [("BBBBBB", "Rao"), ("CCCCCC", "rao"), ("DDDDDD", "RAO")]),
    ],
)
def test_is_counted_by_address_by_code_and_by_name(client, settings, rate, attempts):
    settings.RATES = settings.RATES | {rate: "2/hour"}
    from_anywhere = rate != "lookup_address"

    answers = [
        find(client, *attempt, REMOTE_ADDR=f"203.0.113.{last if from_anywhere else 1}")
        for last, attempt in enumerate(attempts)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_is_closed_where_attempts_cannot_be_counted(client, booking, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert "none is allowed" in read(find(client, booking.locator, "Rao")).words
