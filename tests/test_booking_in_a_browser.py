"""The main job, as a traveller does it: search, choose, log in, enter who travels, pay."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.models import Flight
from airlines.tests.factories import TaxRuleFactory, make_flight
from bookings.models import Booking
from bookings.services.saved_travellers import save_travellers
from bookings.tests.factories import adult, make_booking
from conftest import PASSWORD
from flights_project.gateway.models import User
from notifications.models import KeptMail
from notifications.services.delivery import deliver_due

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def flights(db, departure):
    TaxRuleFactory(amount=250)
    fares = {"light": 4000, "standard": 4900, "flex": 7000}
    make_flight(departs_at=departure, number="KV101", fares=fares)
    make_flight("BOM", "DEL", departs_at=departure + timedelta(days=2), number="KV102", fares=fares)


@pytest.fixture
def asha(db):
    return User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")


def search(page: Page, check, departure, *, back: bool = False) -> None:
    page.goto("/")
    page.get_by_label("Return" if back else "One-way", exact=True).first.check()
    page.get_by_label("From", exact=True).fill("New Delhi (DEL)")
    page.get_by_label("To", exact=True).fill("Mumbai (BOM)")
    page.locator("[name=depart_on]").fill(f"{departure:%Y-%m-%d}")
    if back:
        page.locator("[name=return_on]").fill(f"{departure + timedelta(days=2):%Y-%m-%d}")
    check()
    page.get_by_role("button", name="Search flights").click()


def log_in(page: Page, check) -> None:
    check()
    page.locator("input[name=login]").fill("asha@example.com")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


def say_who_travels(page: Page, check) -> None:
    check()
    page.get_by_label("Given name").fill("Aşa")
    page.get_by_label("Family name").fill("O'Rao")
    page.get_by_label("Date of birth").fill("1990-04-05")
    page.get_by_role("button", name="Hold the seats").click()


def pay_with(page: Page, check, card: str) -> None:
    check()
    page.get_by_label(card).check()
    page.get_by_role("button", name="Pay ₹").click()


@pytest.mark.usefixtures("flights", "asha")
def test_searches_books_and_pays(page: Page, check, departure, settings):
    settings.EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"
    search(page, check, departure)
    expect(page.get_by_text("12:30").first).to_be_visible()
    check()
    page.get_by_role("link", name="Choose Standard, KV101").click()
    log_in(page, check)
    say_who_travels(page, check)
    pay_with(page, check, "Card that is accepted")

    booking = Booking.objects.get()
    expect(page.get_by_role("main")).to_contain_text(booking.locator)
    expect(page.get_by_role("main")).to_contain_text(str(booking.passengers.get().ticket))
    check()
    assert (booking.status, booking.total) == ("confirmed", 5150)

    deliver_due(now=timezone.now())
    page.goto("/mailbox/")
    expect(page.get_by_role("main")).to_contain_text(booking.locator)
    assert KeptMail.objects.filter(to="asha@example.com").count() == 2
    check()


@pytest.mark.usefixtures("flights", "asha")
def test_a_return_is_chosen_in_two_steps(page: Page, check, departure):
    search(page, check, departure, back=True)
    page.get_by_role("link", name="Choose Light, KV101").click()
    check()
    page.get_by_role("link", name="Choose Light, KV102").click()
    log_in(page, check)
    say_who_travels(page, check)
    pay_with(page, check, "Card that is declined")
    expect(page.get_by_text("The payment failed")).to_be_visible()
    pay_with(page, check, "Card with a bank's check")
    check()
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("main")).to_contain_text(Booking.objects.get().locator)
    assert (Booking.objects.get().status, Booking.objects.get().total) == ("confirmed", 8500)


@pytest.mark.usefixtures("flights")
def test_a_saved_companion_fills_in_and_keeps_what_was_typed(page: Page, check, departure, asha):
    save_travellers(owner=asha, travellers=[adult(given_name="Zoë", family_name="O'Neill")], today=departure.date())
    asked = urlencode({"origin": "DEL", "destination": "BOM", "depart_on": f"{departure:%Y-%m-%d}", "adults": 2})
    page.goto(f"/accounts/login/?{urlencode({'next': f'/search/?{asked}'})}")
    log_in(page, check)
    page.get_by_role("link", name="Choose Light, KV101").click()
    page.locator("[name=passengers-0-family_name]").fill("Rao-Sen")
    page.get_by_role("group", name="Fill in Traveller 2").get_by_role("button", name="Zoë O'Neill").click()

    expect(page.locator("[name=passengers-1-given_name]")).to_have_value("Zoë")
    expect(page.locator("[name=passengers-1-born_on]")).to_have_value("1990-04-05")
    expect(page.locator("[name=passengers-0-family_name]")).to_have_value("Rao-Sen")
    check()


@pytest.mark.usefixtures("flights")
def test_one_traveller_cancels_one_direction(page: Page, check, asha):
    people = [adult(given_name="Asha", family_name="Rao"), adult(given_name="Dev", family_name="Rao")]
    out, back = Flight.objects.order_by("departs_at")
    booking = make_booking(asha, out, back, now=timezone.now(), travellers=people)
    page.goto(f"/accounts/login/?next=/trips/{booking.locator}/cancel/")
    log_in(page, check)
    page.get_by_label("Asha Rao").uncheck()
    page.get_by_label(re.compile("New Delhi – Mumbai")).uncheck()
    page.get_by_role("main").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Confirm the cancellation")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("KV101")
    check()
    page.get_by_role("button", name=re.compile("^Cancel")).click()

    expect(page.get_by_role("heading", name="A part of this trip is cancelled")).to_be_visible()
    check()
    cancelled = booking.coupons.filter(status="cancelled").get()
    assert (cancelled.passenger.given_name, cancelled.flight.number) == ("Dev", "KV102")


@pytest.mark.usefixtures("flights", "asha")
def test_back_and_reload_never_book_twice(page: Page, check, departure):
    search(page, check, departure)
    page.get_by_role("link", name="Choose Light, KV101").click()
    log_in(page, check)
    page.get_by_role("button", name="Hold the seats").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    say_who_travels(page, check)
    expect(page).to_have_url(f"/trips/{Booking.objects.get().locator}/pay/")
    page.reload()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="You hold seats on these flights already")).to_be_visible()
    expect(page.get_by_label("Given name")).to_have_value("Aşa")
    expect(page.get_by_label("Family name")).to_have_value("O'Rao")
    check()
    page.get_by_role("button", name="Hold the seats").click()

    expect(page.get_by_text("already has a seat on one of these flights")).to_be_visible()
    assert Booking.objects.count() == 1


@pytest.mark.usefixtures("flights", "asha")
@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_two_tabs_do_not_mix_their_travellers(page: Page, check, departure):
    search(page, check, departure)
    page.get_by_role("link", name="Choose Light, KV101").click()
    log_in(page, check)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("link", name="Back to the flights").click()
    other.get_by_role("link", name="Choose Flex, KV101").click()
    for tab, name in ((page, "Aşa"), (other, "Dev")):
        with tab.expect_response("**/book/typed/"):
            tab.get_by_label("Given name").fill(name)
            tab.get_by_label("Family name").focus()

    for tab, name in ((page, "Aşa"), (other, "Dev")):
        tab.reload()
        expect(tab.get_by_label("Given name")).to_have_value(name)


def test_what_was_typed_is_kept_and_the_error_is_linked(page: Page, check, flights, departure):
    page.goto("/")
    page.get_by_label("From", exact=True).fill("Atlantis")
    page.get_by_label("To", exact=True).fill("Mumbai (BOM)")
    page.get_by_role("button", name="Search flights").click()

    expect(page.get_by_role("alert")).to_contain_text("Atlantis")
    expect(page.get_by_label("From", exact=True)).to_have_value("Atlantis")
    check()
    page.get_by_role("alert").get_by_role("link", name="Atlantis").first.click()
    expect(page.get_by_label("From", exact=True)).to_be_focused()
