"""From the names to the ticket, whatever happens: every test card, two tabs, both clocks, by keyboard alone."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from airlines.tests.factories import TaxRuleFactory, claim_for, make_flight
from bookings.models import Booking, Payment
from bookings.services.settlement import settle_due
from bookings.tests.factories import make_hold
from conftest import PASSWORD
from flights_project.gateway.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

UNCOVERED = """field => {
    const box = field.getBoundingClientRect();
    return field.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""


@pytest.fixture
def asha(db):
    return User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")


@pytest.fixture
def flight(db):
    TaxRuleFactory(amount=250)
    return make_flight(departs_at=timezone.now() + timedelta(days=30), number="KV101")


@pytest.fixture
def hold(asha, flight):
    """Holds that wait to be paid, each for somebody new."""
    return lambda: make_hold(asha, flight, now=timezone.now())


def pay_with(page: Page, booking: Booking, card: str) -> None:
    page.goto(f"/trips/{booking.locator}/pay/")
    page.get_by_label(card).check()
    page.get_by_role("button", name="Pay ₹").click()


def test_every_test_card_says_what_has_become_of_the_money(page: Page, log_in, check, hold, request):
    runs_scripts = request.node.callspec.params["page"] != "no-javascript"
    booking = hold()
    log_in("asha@example.com", f"/trips/{booking.locator}/pay/")
    pay_with(page, booking, "Card that is declined")
    expect(page.get_by_text("Your bank declined the card. Nothing was charged")).to_be_visible()
    pay_with(page, booking, "Card with a bank's check")
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("heading", name="The payment failed")).to_be_visible()
    check()

    for card in ("Card whose answer gets lost", "Card of a slow bank"):
        booking = hold()
        pay_with(page, booking, card)
        expect(page.get_by_role("heading", name="We are asking your bank")).to_be_visible()
        check()
        page.goto(f"/trips/{booking.locator}/")
        expect(page.get_by_role("heading", name="Your payment is running")).to_be_visible()
        check()
        page.get_by_role("link", name="See the payment").click()
        settle_due(now=timezone.now() + timedelta(hours=1))
        if not runs_scripts:  # with them, the page looks by itself
            page.reload()
        expect(page.get_by_role("heading", name="You are booked")).to_be_visible()

    assert Payment.objects.filter(status="succeeded").count() == 2


def test_two_tabs_pay_once(page: Page, log_in, hold):
    booking = hold()
    log_in("asha@example.com", f"/trips/{booking.locator}/pay/")
    other = page.context.new_page()
    other.goto(f"/trips/{booking.locator}/pay/")

    for tab in (page, other):
        tab.get_by_role("button", name="Pay ₹").click()
        expect(tab.get_by_role("heading", name="You are booked")).to_be_visible()

    assert Payment.objects.count() == 1


def test_a_trip_is_shown_whole_and_on_one_sheet_of_paper(page: Page, log_in, check, hold):
    booking = hold()
    log_in("asha@example.com", f"/trips/{booking.locator}/")
    expect(page.get_by_text("Pay by then, or the seats go back on sale")).to_be_visible()
    check()
    page.get_by_role("link", name="Pay ₹4,250").click()
    page.get_by_role("button", name="Pay ₹4,250").click()

    expect(page.get_by_text("Paid, tickets issued")).to_be_visible()
    expect(page.get_by_text("KV101 leaves New Delhi (DEL)")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    check()
    page.wait_for_load_state("networkidle")  # the style sheet of paper comes last
    paper = PdfReader(BytesIO(page.pdf(format="A4")))
    assert len(paper.pages) == 1
    words = paper.pages[0].extract_text()
    assert booking.locator in words
    assert str(booking.passengers.get().ticket) in words.replace("\n", "")
    page.goto("/trips/")
    check()


@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_what_is_typed_survives_a_reload_before_it_is_sent(page: Page, log_in, asha, flight):
    log_in("asha@example.com", "/trips/")
    page.goto(f"/book/?offer={claim_for([flight], now=timezone.now()).token}")
    with page.expect_response("**/book/typed/"):
        page.get_by_label("Family name").fill("O'Rao")
        page.get_by_label("Family name").blur()

    page.reload()

    expect(page.get_by_label("Family name")).to_have_value("O'Rao")


@pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True)
def test_books_and_pays_by_keyboard_alone(page: Page, log_in, check, asha, flight):
    log_in("asha@example.com", "/trips/")
    page.goto(f"/book/?offer={claim_for([flight], now=timezone.now()).token}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for name in ("title", "given_name", "family_name", "born_on"):
        go_to(page, f"passengers-0-{name}")
    page.keyboard.type("04051990")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pay/")
    check()
    go_to(page, "token")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()


def go_to(page: Page, name: str) -> None:
    """On by Tab to the field of this name; it has to come within a page's few stops, and to be seen."""
    for _stop in range(25):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            break
    focused = page.locator(":focus")
    assert focused.get_attribute("name") == name
    expect(focused).to_be_in_viewport(ratio=0.9)
    assert focused.evaluate(UNCOVERED)


@pytest.mark.parametrize("page", ["narrow"], indirect=True)
def test_both_clocks_run_out_in_words(page: Page, log_in, check, hold):
    booking = hold()
    log_in("asha@example.com", f"/trips/{booking.locator}/")
    page.clock.install()
    page.goto(f"/trips/{booking.locator}/pay/")
    seats, price = page.locator("[data-clock-told]").all()
    expect(seats).to_be_empty()

    page.clock.run_for(15 * 60_000)
    expect(seats).to_have_text("Five minutes left to pay.")
    expect(price).to_contain_text("The price guarantee has ended")
    page.clock.run_for(5 * 60_000)

    expect(seats).to_contain_text("The time to pay has run out.")
    expect(page.get_by_role("button", name="Pay ₹")).to_be_hidden()
    expect(page.get_by_role("link", name="Search the same again")).to_be_visible()
    check()
