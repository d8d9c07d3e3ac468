"""A page comes in frames, so that none takes long: nothing moves, and nobody loses their place."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from airlines.tests.factories import make_flight
from tests.conftest import NOTHING_HAPPENS, SHIFTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LATER = "document.getAnimations().filter((each) => each.animationName === 'a-frame-later').length"


@pytest.fixture
def page(chromium: Browser, live_server: Any) -> Iterator[Page]:
    """Of somebody who did not ask for less motion, unlike the page of the other tests."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 500})
    page = context.new_page()
    page.route("**/stream/prices/**", lambda route: route.fulfill(**NOTHING_HAPPENS))
    yield page
    context.close()


@pytest.fixture
def results(db: None, departure: datetime) -> str:
    """Where eight flights are found."""
    for hours in range(8):
        make_flight(departs_at=departure + timedelta(hours=hours), number=f"KV11{hours}")
    return f"/search/?origin=DEL&destination=BOM&depart_on={departure:%Y-%m-%d}"


def test_a_page_comes_by_and_by_and_nothing_moves(page: Page, results: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 1800})  # where those that come later would be seen to move
    page.goto(results)

    ways = page.locator(".way")
    expect(ways).to_have_count(8)
    frames = page.locator("main, .way").evaluate_all("(all) => all.map((each) => getComputedStyle(each).animationName)")
    assert frames == ["a-frame-later"] + ["none"] * 2 + ["a-frame-later"] * 6
    expect(ways.nth(4).get_by_role("link", name="Choose").first).to_be_visible()
    expect(page.get_by_role("contentinfo")).to_be_visible()
    assert page.evaluate(SHIFTS) == 0
    ways.last.scroll_into_view_if_needed()
    expect(ways.last.get_by_role("link", name="Choose").first).to_be_visible()


def test_what_is_wrong_has_the_focus(page: Page) -> None:
    page.goto("/search/?origin=Atlantis")

    expect(page.locator("[data-error-summary]")).to_be_focused()


def test_a_link_into_a_page_leads_there(page: Page) -> None:
    page.goto("/search/?trip=multi&flights=6#id_origin6")

    expect(page.locator("#id_origin6")).to_be_in_viewport()


def test_going_back_leads_to_the_same_place(page: Page, results: str) -> None:
    page.goto(results)
    page.locator(".way").nth(4).scroll_into_view_if_needed()
    expect(page.locator(".way").nth(4)).to_be_in_viewport()
    page.goto("/accounts/login/")
    page.go_back()

    expect(page.locator(".way").nth(4)).to_be_in_viewport()


def test_whoever_wants_less_motion_gets_all_of_it_at_once(page: Page, results: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(results)

    expect(page.locator(".way").first).to_be_visible()
    assert page.evaluate(LATER) == 0
