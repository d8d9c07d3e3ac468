"""Pages that stay open show what changes, within their place; without JavaScript the next step checks the price."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.services import inventory
from airlines.services.fares import change_fare
from airlines.tests.factories import claim_for, fare_of, make_flight
from conftest import PASSWORD
from flights_project.gateway.models import User
from flights_project.local.process import Stream

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("live prices in a browser"),
]


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with Stream("stream", tmp_path_factory.mktemp("stream"), {"RATE_LIMITS": "off"}) as stream:
        yield stream


@pytest.fixture(autouse=True)
def pages_know_the_stream(stream: Stream, settings: Any) -> None:
    settings.STREAM_URL = f"http://127.0.0.1:{stream.port}"
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    connect = [*policy["connect-src"], settings.STREAM_URL]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy | {"connect-src": connect}}


@pytest.fixture
def flight(db):
    return make_flight(departs_at=timezone.now() + timedelta(days=30), number="KV101", seats=20)


@pytest.fixture
def runs_scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["page"] != "no-javascript")


@pytest.fixture
def who_travels(page: Page, flight):
    """The page that asks for the travellers' names, opened for an offer of the flight."""
    User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")
    page.goto(f"/book/?offer={claim_for([flight], now=timezone.now()).token}")
    page.locator("input[name=login]").fill("asha@example.com")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Who travels")).to_be_visible()
    return page


@transaction.atomic
def take(flight, *, seats: int) -> None:
    inventory.hold_seats(cabins=inventory.lock_cabins(flights=[flight.pk], cabin="economy"), seats=seats)


@transaction.atomic
def give_back(flight, *, seats: int) -> None:
    inventory.release_held_seats(cabins=inventory.lock_cabins(flights=[flight.pk], cabin="economy"), seats=seats)


def fill_in(page: Page) -> None:
    page.get_by_label("Given name").fill("Asha")
    page.get_by_label("Family name").fill("Rao")
    page.get_by_label("Date of birth").fill("1990-04-05")


@pytest.fixture
def results(page: Page, flight):
    """The results of a search that finds the flight."""
    page.goto(f"/search/?origin=DEL&destination=BOM&trip=oneway&depart_on={flight.departs_on}")
    expect(page.get_by_text("₹4,000")).to_be_visible()
    return page


def test_a_new_price_shows_among_the_results_with_what_it_was(results, flight, runs_scripts, check):
    page = results
    change_fare(fare=fare_of(flight), amount=Decimal(4400))
    if runs_scripts:
        expect(page.get_by_text("₹4,400")).to_be_visible()
        expect(page.get_by_text("was ₹4,000")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="One price has just changed.")).to_be_visible()
        check()
    page.get_by_role("link", name="Choose Light").click()
    expect(page.get_by_role("main").get_by_role("button", name="Log in")).to_be_visible()


def test_seats_and_a_fare_that_sells_out_show_among_the_results(results, flight, runs_scripts, check):
    page = results
    take(flight, seats=17)
    if not runs_scripts:
        expect(page.get_by_text("3 seats left")).to_have_count(0)
        return
    expect(page.get_by_text("3 seats left")).to_be_visible()
    take(flight, seats=3)
    expect(page.get_by_text("Sold out", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Choose Light")).to_have_count(0)
    check()
    give_back(flight, seats=2)
    expect(page.get_by_text("2 seats left")).to_be_visible()
    expect(page.get_by_role("link", name="Choose Light")).to_be_visible()


def test_a_new_price_shows_while_names_are_typed(who_travels, flight, runs_scripts, check):
    page = who_travels
    fill_in(page)
    change_fare(fare=fare_of(flight), amount=Decimal(4400))
    if runs_scripts:
        expect(page.get_by_role("button", name="Continue at ₹4,400")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="One price has just changed.")).to_be_visible()
    else:
        page.get_by_role("button", name="Hold the seats").click()
    expect(page.get_by_text("It was ₹4,000 and is ₹4,400 now.")).to_be_visible()
    expect(page.get_by_role("row", name="Total")).to_contain_text("₹4,400")
    expect(page.get_by_label("Family name")).to_have_value("Rao")
    check()
    page.get_by_role("button", name="Continue at ₹4,400").click()
    expect(page.get_by_role("heading", name="Pay")).to_be_visible()


def test_a_journey_that_sells_out_says_so(who_travels, flight, runs_scripts, check):
    page = who_travels
    fill_in(page)
    take(flight, seats=20)
    sold = page.get_by_text("This journey has just been sold to others")
    if runs_scripts:
        expect(sold).to_be_visible()
    else:
        expect(sold).to_have_count(0)
    expect(page.get_by_label("Family name")).to_have_value("Rao")
    check()
