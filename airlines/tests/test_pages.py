"""The search as a person sees it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.template.loader import render_to_string
from django.test import Client

from airlines.models import FlightCabin
from airlines.services.stale_lows import refresh_stale
from airlines.tests.factories import AirportFactory, FareFamilyFactory, TaxRuleFactory, make_flight
from airlines.tests.reading import read

pytestmark = pytest.mark.django_db

ASKED = {"origin": "New Delhi (DEL)", "destination": "bom", "depart_on": "2026-12-20"}


@pytest.fixture
def flight(in_a_month):
    FareFamilyFactory(code="light", cabin_bag_kg=7)
    FareFamilyFactory(code="flex", checked_bag_kg=30, refund_percent=100, change_fee=0)
    return make_flight(departs_at=in_a_month, number="KV101", fares={"light": 4000, "flex": 7000})


@pytest.fixture
def flight_back(in_a_month):
    return make_flight(
        "BOM", "DEL", departs_at=in_a_month + timedelta(days=2), number="KV102", fares={"light": 5000, "flex": 9000}
    )


def search(client, **changes):
    return client.get("/search/", ASKED | changes)


def test_the_first_page_asks_where_to(client, now):
    page = read(client.get("/"))

    assert "Where do you want to land?" in page.words
    assert {"origin", "destination", "depart_on", "return_on", "adults", "cabin"} <= page.fields.keys()


def test_the_first_page_leads_to_the_cheapest_flights_in_two_weeks(client, now):
    TaxRuleFactory(amount=300)
    make_flight(departs_at=now + timedelta(days=14), fares={"light": 4000, "flex": 7000})
    refresh_stale(now=now)

    page = read(client.get("/"))

    assert "New Delhi to Mumbai" in page.words
    assert "₹4,300" in page.words
    assert "Choose your flight" in read(client.get(page.link("New Delhi to Mumbai"))).words


def test_the_first_page_asks_as_many_questions_for_many_routes_as_for_one(
    client, now, django_assert_max_num_queries, keep_reference
):
    for destination in ("BOM", "BLR", "LHR", "JFK"):
        make_flight("DEL", destination, departs_at=now + timedelta(days=14))
    refresh_stale(now=now)
    keep_reference()

    with django_assert_max_num_queries(7):
        client.get("/")


def test_a_flight_is_shown_in_local_times_with_its_fares(client, flight):
    TaxRuleFactory(amount=300)

    page = read(search(client))

    assert "New Delhi to Mumbai" in page.words
    assert "12:00 DEL" in page.words
    assert "14:00 BOM" in page.words
    assert "2 h" in page.words
    assert "KV101" in page.words
    assert "Light ₹4,300" in page.words
    assert "Flex ₹7,300" in page.words
    assert "Checked bag 30 kg" in page.words
    assert "Fare refunded in full" in page.words


def test_an_arrival_on_another_day_says_so(client, in_a_month):
    make_flight("DEL", "LHR", departs_at=in_a_month + timedelta(hours=10), hours=10)

    assert "+1 day" in read(search(client, destination="London")).words


def test_a_party_sees_its_total_and_the_price_of_an_adult(client, flight):
    page = read(search(client, adults=2, infants=1))

    assert "2 adults, 1 infant" in page.words
    assert "Light ₹8,400 ₹4,000 per adult" in page.words


def test_the_last_seats_are_counted(client, in_a_month):
    make_flight(departs_at=in_a_month, seats=3)

    assert "3 seats left" in read(search(client)).words


def test_a_full_flight_is_not_shown_and_the_next_days_are_near(client, flight):
    FlightCabin.objects.filter(flight=flight).update(seats_sold=8)
    FlightCabin.objects.filter(flight=flight, cabin="economy").update(seats_sold=150)
    make_flight(departs_at=flight.departs_at + timedelta(days=3))

    page = read(search(client))

    assert "No flight found" in page.words
    assert "depart_on=2026-12-21" in page.link("Mon 21 Dec")


def test_choosing_a_fare_leads_to_the_travellers(client, flight):
    choose = read(search(client)).link("Choose Light, KV101")

    assert urlsplit(choose).path == "/book/"
    assert parse_qs(urlsplit(choose).query)["offer"]


def test_a_return_trip_is_chosen_in_two_steps(client, flight, flight_back):
    way_out = read(search(client, return_on="2026-12-22"))
    assert "Choose your flight out" in way_out.words
    assert "from ₹9,000" in way_out.words

    way_back = read(client.get("/search/" + way_out.link("Choose Light, KV101")))
    assert "Choose your flight back" in way_back.words
    assert "KV102" in way_back.words
    assert "Light ₹9,000" in way_back.words
    assert "₹16,000" not in way_back.words
    assert way_back.link("Choose Light, KV102").startswith("/book/")


def test_another_flight_out_can_be_chosen(client, flight, flight_back):
    way_back = read(search(client, return_on="2026-12-22", chosen=flight.pk, family="light"))

    again = read(client.get("/search/" + way_back.link("Choose another")))

    assert "Choose your flight out" in again.words


def test_a_chosen_flight_that_has_gone_can_be_chosen_again(client, flight, flight_back):
    page = read(search(client, return_on="2026-12-22", chosen=999_999, family="light"))

    assert "No flight found" in page.words
    assert page.link("Choose another")


def test_a_one_way_trip_forgets_the_day_of_return(client, flight):
    page = read(search(client, trip="oneway", return_on="2026-12-22"))

    assert "Choose your flight 1 flight" in page.words


@pytest.mark.parametrize(
    ("filters", "seen", "unseen"),
    [
        ({"family": "flex"}, "Flex ₹7,000", "Light ₹4,000"),
        ({"max_price": "5000"}, "Light ₹4,000", "Flex ₹7,000"),
        ({"depart_after": "12:30"}, "No flight of that day fits your filters", "KV101"),
        ({"depart_before": "12:30"}, "KV101", "No flight found"),
    ],
)
def test_filters_leave_flights_out(client, flight, filters, seen, unseen):
    page = read(search(client, **filters))

    assert seen in page.words
    assert unseen not in page.words


def test_filters_can_be_taken_off(client, flight):
    page = read(search(client, max_price="1"))

    again = read(client.get("/search/" + page.link("Show all flights of the day")))

    assert "KV101" in again.words


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"origin": "Atlantis"}, "We know no airport or city called “Atlantis”. Try its name or three-letter code."),
        ({"origin": "dehli"}, "We know no airport or city called “dehli”. Did you mean New Delhi (DEL)?"),
        ({"origin": "Mumbai"}, "You leave from there."),
        ({"depart_on": "2026-11-19"}, "This day has passed."),
        ({"depart_on": "2027-12-20"}, "Flights are on sale until 20 December 2026."),
        ({"depart_on": "31/02/2026"}, "Enter a valid date."),
        ({"trip": "return"}, "Choose the day you fly back, or a one-way trip."),
        ({"return_on": "2026-12-19"}, "You cannot fly back before you leave."),
        ({"adults": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"adults": "1", "infants": "2"}, "there are more infants than adults."),
        ({"adults": "6", "children": "4"}, "A booking is for 9 travellers at most."),
        ({"cabin": "deck"}, "Select a valid choice."),
        ({"chosen": "x", "return_on": "2026-12-20"}, "Enter a valid value."),
    ],
)
def test_what_cannot_be_searched_is_explained_and_nothing_typed_is_lost(client, flight, changes, message):
    page = read(search(client, **changes))

    assert "There is a problem" in page.words
    assert message in page.words
    assert page.title.startswith("Error:")
    assert page.value("origin") == changes.get("origin", "New Delhi (DEL)")
    assert page.value("destination") == "bom"


def test_an_empty_search_asks_without_blame(client, now):
    page = read(client.get("/search/"))

    assert "Search flights" in page.words
    assert "There is a problem" not in page.words


def test_places_are_suggested_while_typing(client, now):
    AirportFactory(iata="LHR")
    AirportFactory(iata="LGW")

    page = client.get("/places/suggestions/", {"q": "lond"}).content.decode()

    assert 'data-value="London (LON)"' in page
    assert "London LHR Airport" in page


@pytest.mark.parametrize("typed", ["", "l", "\x00", "%%%", "x" * 500, "<script>"])
def test_nothing_is_suggested_for_nothing_known(client, now, typed):
    AirportFactory(iata="LHR")

    answer = client.get("/places/suggestions/", {"q": typed})

    assert answer.status_code == 200
    assert "option" not in answer.content.decode()


def test_a_search_asks_as_many_questions_for_many_flights_as_for_one(
    client, flight, django_assert_num_queries, in_a_month, keep_reference
):
    def queries():
        with django_assert_num_queries(3):  # what is on sale, within its limit, and the prices of the days around
            search(client)

    keep_reference()
    search(client)
    queries()
    for hours in range(1, 8):
        make_flight(departs_at=in_a_month + timedelta(hours=hours), fares={"light": 4000, "flex": 7000})
    queries()


@pytest.mark.parametrize("template", ["400.html", "500.html"])
def test_the_last_resort_needs_no_request_and_no_database(template, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = render_to_string(template)

    assert "<h1>" in page


def test_an_unknown_address_leads_back_to_the_search(client):
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert read(answer).link("Book a flight") == "/"


def test_a_form_of_another_site_is_refused_in_our_own_words(traveller, now):
    client = Client(enforce_csrf_checks=True)
    client.force_login(traveller, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post("/book/")

    assert answer.status_code == 403
    assert "Nothing was booked or charged." in read(answer).words


def test_demo_accounts_are_named_in_the_demo_only(client, settings):
    assert "traveller@demo.test" in read(client.get("/accounts/login/")).words

    settings.DEMO = False

    assert "demo.test" not in read(client.get("/accounts/login/")).words


def test_who_is_logged_in_finds_the_way_out(page_of, traveller):
    page = read(page_of(traveller).get("/"))

    assert "Asha" in page.words
    assert "Log out" in page.words
    assert "Log in" not in page.words


def test_pages_run_no_script_of_others_and_nothing_inline(client, flight):
    answer = search(client)

    assert "'unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in answer.content.decode()
    assert " onclick=" not in answer.content.decode()
