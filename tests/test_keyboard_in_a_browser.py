"""The whole way by keyboard alone: what has the focus is seen, and stays where it was when a page changes in place."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from airlines.models import FareFamily
from airlines.tests.factories import make_flight
from bookings.models import Booking
from conftest import PASSWORD
from flights_project.gateway.models import User
from tests.focus import SEEN

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True),
]

STEPS_AT_MOST = 150


@pytest.fixture(autouse=True)
def _two_flights_and_somebody_to_fly(db: None, departure: datetime) -> None:
    for hours, number in ((0, "KV101"), (6, "KV103")):
        make_flight(departs_at=departure + timedelta(hours=hours), number=number, fares={"light": 4000, "flex": 7000})
    FareFamily.objects.update(seat_choice_included=True)
    User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")


def go_to(page: Page, target: Locator) -> None:
    """Tab until `target` has the focus; everything on the way can be seen while it has it."""
    expect(target).to_be_visible()
    page.wait_for_load_state()  # before its styles are there, everything is visible
    for _step in range(STEPS_AT_MOST):
        if target.evaluate("(each) => each === document.activeElement"):
            assert page.evaluate(SEEN), target
            return
        page.keyboard.press("Tab")
        assert page.evaluate(f"document.activeElement === document.body || ({SEEN})()"), page.evaluate(
            "document.activeElement.outerHTML.slice(0, 300)"
        )
    pytest.fail(f"no way to {target} by Tab")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    go_to(page, target)
    page.keyboard.press(key)


def enter(page: Page, label: str, words: str) -> None:
    go_to(page, page.get_by_label(label, exact=True))
    page.keyboard.type(words)


def ask(page: Page, departure: datetime) -> None:
    page.goto("/")
    go_to(page, page.get_by_label("Return", exact=True).first)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("One-way", exact=True)).to_be_checked()
    enter(page, "From", "New Delhi (DEL)")
    page.keyboard.press("Escape")
    enter(page, "To", "Mumbai (BOM)")
    page.keyboard.press("Escape")
    go_to(page, page.locator("[name=depart_on]"))
    page.keyboard.type(f"{departure:%m%d%Y}")
    press(page, page.get_by_role("main").get_by_role("button", name="Search flights"))
    expect(page.get_by_role("heading", name="Choose your flight")).to_be_visible()
    page.wait_for_load_state()


def test_searches_books_sits_pays_and_cancels(page: Page, departure: datetime) -> None:
    ask(page, departure)
    press(page, page.get_by_role("link", name="Choose Flex, KV103"))
    enter(page, "Email", "asha@example.com")
    enter(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    enter(page, "Given name", "Asha")
    enter(page, "Family name", "Rao")
    go_to(page, page.get_by_label("Date of birth"))
    page.keyboard.type("04051990")
    press(page, page.get_by_role("button", name="Hold the seats"))

    expect(page).to_have_url(re.compile("/pay/$"))
    press(page, page.get_by_role("main").get_by_role("link", name=re.compile("seats", re.IGNORECASE)).first)
    go_to(page, page.get_by_role("radio", name="No seat yet"))
    page.keyboard.press("ArrowRight")
    chosen = page.locator("[name=seat]:checked")
    expect(chosen).not_to_have_value("")
    seat = chosen.get_attribute("value")
    press(page, page.get_by_role("button", name="Save"))
    expect(page).to_have_url(re.compile("/pay/$"))
    press(page, page.get_by_role("button", name="Pay ₹"))

    expect(page.get_by_role("main")).to_contain_text(Booking.objects.get().locator)
    assert str(Booking.objects.get().coupons.get().seat) == seat
    press(page, page.get_by_role("main").get_by_role("link", name=re.compile("Cancel")).first)
    press(page, page.get_by_role("main").get_by_role("button").first)
    press(page, page.get_by_role("button", name=re.compile("^Cancel")))
    expect(page.get_by_role("main")).to_contain_text("This booking is cancelled")


def test_filters_and_sorts_keep_the_focus_and_say_once_what_is_left(page: Page, departure: datetime) -> None:
    ask(page, departure)
    summary = page.locator("#filters > details > summary")
    if summary.is_visible():
        press(page, summary)
    said = page.locator("#results-count")
    expect(said).to_have_text("2 flights")
    page.evaluate(
        """() => {
        window.said = [];
        new MutationObserver(() => window.said.push(document.querySelector("#results-count").textContent.trim()))
            .observe(document.querySelector("#results-count"), { childList: true, characterData: true, subtree: true });
    }"""
    )
    band = page.get_by_role("link", name=re.compile("^18:00"))
    press(page, band.first)
    expect(said).to_have_text("1 flight")
    expect(page).to_have_url(re.compile("depart_after=18"))
    expect(band.first).to_be_focused()
    assert page.evaluate("window.said") == ["1 flight"]

    go_to(page, page.get_by_label(re.compile("With a checked bag")))
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("bag=on"))
    expect(page.get_by_label(re.compile("With a checked bag"))).to_be_focused()

    go_to(page, page.get_by_label("Best", exact=True))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("sort=price"))
    expect(page.get_by_label("Cheapest")).to_be_focused()
