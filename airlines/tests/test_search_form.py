"""What the search form knows beside what is typed: the last search, prices under days, airports nearby; and filters."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from airlines.services.stale_lows import refresh_stale
from airlines.tests.factories import AirportFactory, make_flight
from airlines.tests.reading import read

pytestmark = pytest.mark.django_db

ASKED = {"origin": "DEL", "destination": "BOM", "depart_on": "2026-12-20"}


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 7000})


def test_the_first_page_begins_with_the_last_search(client, flight):
    client.get("/search/", ASKED | {"return_on": "2026-12-20", "adults": 2, "sort": "price", "max_stops": 0})

    page = read(client.get("/"))

    assert (page.value("origin"), page.value("depart_on")) == ("DEL", "2026-12-20")
    assert page.value("return_on") == "2026-12-20"
    assert "2 travellers, Economy" in page.words


def test_days_that_have_passed_are_not_remembered(client, flight):
    client.cookies["search"] = "origin=DEL&depart_on=2026-11-01&trip=oneway"

    page = read(client.get("/"))

    assert (page.value("origin"), page.value("depart_on")) == ("DEL", "")


@pytest.mark.parametrize("cookie", ["", "x", "=&=", "origin", "a=1&" * 500, "%00%ff", "adults=many&cabin=deck"])
def test_a_broken_memory_spoils_nothing(client, flight, cookie):
    client.cookies["search"] = cookie

    assert client.get("/").status_code == 200


def test_a_search_that_is_wrong_is_not_remembered(client, flight):
    client.get("/search/", ASKED | {"origin": "Atlantis"})

    assert "search" not in client.cookies


def test_a_link_without_travellers_is_for_one_adult_in_economy(client, flight):
    assert "1 traveller, Economy" in read(client.get("/search/", ASKED | {"adults": ""})).words


def test_a_flight_more_has_fields_once_it_is_asked_for(client, flight):
    entered = ASKED | {"trip": "multi", "origin2": "BOM"}

    def flights(**asked):
        page = client.get("/search/", entered | asked).content.decode()
        more = re.search(r'name="flights" value="(\d)"', page)
        return re.findall(r'name="origin(\d)"', page), more and more[1]

    assert flights() == (["2"], "3")
    assert flights(flights=4) == (["2", "3", "4"], "5")
    assert flights(destination5="DEL") == (["2", "3", "4", "5"], "6")
    assert flights(flights=6) == (["2", "3", "4", "5", "6"], None)


def test_asking_for_a_flight_more_keeps_what_is_entered_and_finds_no_fault(client, flight):
    page = read(client.get("/search/", {"trip": "multi", "origin": "Atlantis", "destination2": "BOM", "flights": 3}))

    assert (page.value("origin"), page.value("destination2")) == ("Atlantis", "BOM")
    assert "Error" not in page.words


@pytest.mark.parametrize("flights", ["0", "7", "many", "-3", "3" * 400])
def test_no_other_number_of_flights_has_fields(client, flight, flights):
    page = read(client.get("/search/", ASKED | {"trip": "multi", "flights": flights}))

    assert [name for name in page.fields if name.startswith("origin")] == ["origin", "origin2"]


def test_days_to_choose_from_carry_their_lowest_price(client, flight):
    make_flight(departs_at=flight.departs_at + timedelta(days=2), fares={"light": 3000})
    refresh_stale(now=flight.departs_at - timedelta(days=30))

    page = read(client.get("/search/days/", {"origin": "DEL", "destination": "Mumbai (BOM)", "month": "2026-12"}))

    assert "December 2026" in page.words
    assert "Sunday 20 December 2026 ₹4,000" in page.words
    assert "Tuesday 22 December 2026 ₹3,000 , Lowest" in page.words


@pytest.mark.parametrize(
    "asked", [{}, {"origin": "DEL"}, {"origin": "DEL", "destination": "DEL"}, {"origin": "x", "month": "soon"}]
)
def test_days_without_a_known_way_have_no_price(client, flight, asked):
    page = read(client.get("/search/days/", asked))

    assert "30 Monday 30 November 2026" in page.words
    assert "₹" not in page.words


def test_a_great_price_is_brief_in_a_small_cell(client, in_a_month):
    make_flight(departs_at=in_a_month, fares={"light": 123_456})
    refresh_stale(now=in_a_month - timedelta(days=30))

    assert "₹124k" in read(client.get("/search/days/", ASKED | {"month": "2026-12"})).words


def test_the_nearest_airports_are_suggested_first(client, now):
    for code in ("JFK", "LHR", "LGW"):
        AirportFactory(iata=code)

    page = client.get("/places/suggestions/", {"near": "51.5,-0.4"}).content.decode()

    assert re.findall(r'data-value="([^"]+)"', page) == ["London (LHR)", "London (LGW)", "New York (JFK)"]


@pytest.mark.parametrize("near", ["", "here", "51.5", "1e5,2", "51.5,-0.4;", "9" * 400])
def test_nothing_is_near_nowhere(client, now, near):
    AirportFactory(iata="LHR")

    assert "option" not in client.get("/places/suggestions/", {"near": near}).content.decode()


def test_each_filter_in_use_is_named_and_can_be_taken_off(client, flight):
    page = read(client.get("/search/", ASKED | {"max_stops": 0, "bag": "on", "max_price": "9000"}))

    assert "With a checked bag take off" in page.words
    off = urlsplit(page.link("^Price at most: 9000")).query
    assert "max_price" not in off
    assert "max_stops=0" in off
    assert "bag=on" in off


def test_waits_are_drawn_as_long_as_they_last(client, in_a_month):
    make_flight("DEL", "BOM", departs_at=in_a_month, hours=3)
    make_flight("BOM", "BLR", departs_at=in_a_month + timedelta(hours=5), hours=3)

    answer = client.get("/search/", ASKED | {"destination": "BLR"})
    page = answer.content.decode()

    assert re.findall(r'<rect x="([\d.]+)" width="([\d.]+)"( class="way-wait")?', page) == [
        ("0.0", "37.5", ""),
        ("37.5", "25.0", ' class="way-wait"'),
        ("62.5", "37.5", ""),
    ]
    assert "2 h in BOM" in read(answer).words


def test_where_nothing_is_found_the_next_days_with_flights_are_named(client, flight):
    for days in (2, 9):
        make_flight(departs_at=flight.departs_at + timedelta(days=days))
    refresh_stale(now=flight.departs_at - timedelta(days=30))

    page = read(client.get("/search/", ASKED | {"depart_on": "2026-12-21"}))

    assert "The next days with flights Sun 20 Dec ₹4,000 Tue 22 Dec ₹4,000 Tue 29 Dec ₹4,000" in page.words
    assert "depart_on=2026-12-29" in page.link("Tue 29 Dec")
    assert "nearby=on" in page.link("Search nearby airports too")
