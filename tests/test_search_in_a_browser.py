"""Searching in Chromium: with and without JavaScript, by keyboard alone, in light and dark, large and still."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from airlines.services.stale_lows import refresh_stale
from airlines.tests.factories import make_flight
from tests.conftest import NOTHING_HAPPENS, SHIFTS, WCAG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FARES = {"light": 4000, "standard": 4900, "flex": 7000}
MOVING = "document.getAnimations().filter((each) => each.playState === 'running').length"


@pytest.fixture
def network(db: None, departure: datetime) -> None:
    """Delhi and Mumbai there and back for four days, Bengaluru direct and by Mumbai, with the lowest prices."""
    for days in range(-1, 3):
        day = departure + timedelta(days=days)
        make_flight(departs_at=day, number="KV101", fares={name: fare + 100 * days for name, fare in FARES.items()})
        make_flight("BOM", "DEL", departs_at=day + timedelta(hours=4), number="KV102", fares=FARES)
    make_flight("DEL", "BLR", departs_at=departure - timedelta(hours=4), number="KV201", fares=FARES)
    make_flight("BOM", "BLR", departs_at=departure + timedelta(hours=3), number="KV202", fares=FARES)
    refresh_stale(now=timezone.now())


@pytest.fixture
def runs_scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["page"] != "no-javascript")


def search(day: datetime, **more: object) -> str:
    asked = {"origin": "DEL", "destination": "BOM", "depart_on": f"{day:%Y-%m-%d}", **more}
    return "/search/?" + "&".join(f"{name}={value}" for name, value in asked.items())


@pytest.mark.usefixtures("network")
def test_a_return_is_asked_for_by_keyboard_alone(
    page: Page, check: Callable[[], None], departure: datetime, runs_scripts: bool
) -> None:
    if not runs_scripts:
        pytest.skip("without scripts these are the browser's own fields")
    page.goto("/")
    page.get_by_label("From", exact=True).focus()
    page.keyboard.type("delh")
    expect(page.locator("[role=option]:visible").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    check()
    page.keyboard.press("Enter")
    expect(page.get_by_label("From", exact=True)).to_have_value("New Delhi (DEL)")
    page.get_by_label("To", exact=True).focus()
    page.keyboard.type("mumbai")
    expect(page.locator("[role=option]:visible").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")

    page.locator("[name=depart_on]").focus()
    page.keyboard.press("Alt+ArrowDown")
    dialog = page.get_by_role("dialog", name="Depart")
    expect(dialog.get_by_role("table").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("[name=depart_on]")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    go_to(page, f"{departure:%Y-%m-%d}")
    expect(page.locator("button[data-day]:focus small")).to_have_text("₹4,000")
    check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Return")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("[name=depart_on]")).to_have_value(f"{departure:%Y-%m-%d}")
    expect(page.locator("[name=return_on]")).to_have_value(f"{departure + timedelta(days=2):%Y-%m-%d}")
    page.get_by_role("button", name="Search flights").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Choose your flight out")).to_be_visible()


def go_to(page: Page, day: str) -> None:
    """Moves in the open date picker, a week and a day at a time."""
    focused = page.locator("button[data-day]:focus")
    expect(focused).to_be_visible()
    for _step in range(60):
        here = focused.get_attribute("data-day") or ""
        if here >= day:
            break
        nearer = (datetime.fromisoformat(here) + timedelta(days=7)).strftime("%Y-%m-%d") <= day
        page.keyboard.press("ArrowDown" if nearer else "ArrowRight")
        expect(page.locator(f"button[data-day='{here}']:focus")).to_have_count(0)
        expect(focused).to_be_visible()
    expect(focused).to_have_attribute("data-day", day)


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True)
def test_places_chosen_before_and_airports_nearby_are_offered(page: Page, check: Callable[[], None]) -> None:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 19.1, "longitude": 72.9})
    page.goto("/")
    page.wait_for_load_state()  # with its scripts
    origin, destination = (page.get_by_label(name, exact=True) for name in ("From", "To"))
    origin.press_sequentially("delhi")
    page.get_by_role("option", name="New Delhi").click()
    page.get_by_role("button", name="Swap from and to").click()
    expect(destination).to_have_value("New Delhi (DEL)")
    expect(origin).to_have_value("")

    origin.click()
    offered = page.locator("[role=option]:visible")
    expect(offered).to_have_count(2)
    expect(offered.first).to_contain_text("New Delhi")
    check()
    page.get_by_role("option", name="Airports near me").click()
    expect(offered.first).to_contain_text("Mumbai")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(origin).to_have_value("Mumbai (BOM)")
    expect(offered).to_have_count(0)


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_the_way_back_undoes_a_filter_and_the_way_on_sets_it_again(page: Page, departure: datetime) -> None:
    page.goto(search(departure, destination="BLR", max_stops=1))
    direct, with_a_stop = page.get_by_label(re.compile("Direct only")), page.get_by_text("1 h in BOM")
    expect(with_a_stop).to_be_visible()
    direct.check()
    expect(page).to_have_url(re.compile("max_stops=0"))

    for go, is_direct in ((page.go_back, False), (page.go_forward, True)):
        page.wait_for_load_state()  # with the script that hears of the way back
        go()
        expect(direct).to_be_checked(checked=is_direct)
        expect(with_a_stop).to_have_count(0 if is_direct else 1)


@pytest.mark.usefixtures("network")
def test_a_place_that_is_typed_and_not_chosen_is_understood(
    page: Page, check: Callable[[], None], departure: datetime, runs_scripts: bool
) -> None:
    page.goto("/")
    page.get_by_label("One-way", exact=True).check()
    page.get_by_label("From", exact=True).press_sequentially("Atlantis")
    if runs_scripts:
        expect(page.get_by_role("option", name="No place found.")).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("From", exact=True)).not_to_have_attribute("aria-activedescendant", re.compile("."))
        check()
    page.get_by_label("From", exact=True).fill("delhi")
    page.get_by_label("To", exact=True).fill("mumbia")
    page.locator("[name=depart_on]").fill(f"{departure:%Y-%m-%d}")
    page.get_by_role("main").get_by_role("button", name="Search flights").click()
    expect(page.get_by_role("alert")).to_contain_text("called “mumbia”. Did you mean Mumbai (BOM)?")
    check()
    page.get_by_label("To", exact=True).fill("mumbai")
    page.get_by_role("main").get_by_role("button", name="Search flights").click()

    expect(page.get_by_role("heading", name="New Delhi to Mumbai")).to_be_visible()


@pytest.mark.usefixtures("network")
def test_results_are_sorted_filtered_and_shared_by_their_address(
    page: Page, check: Callable[[], None], departure: datetime, runs_scripts: bool
) -> None:
    page.goto(search(departure, destination="BLR", max_stops=1))
    expect(page.get_by_role("heading", name="New Delhi to Bengaluru")).to_be_visible()
    expect(page.get_by_text("1 h in BOM")).to_be_visible()
    page.get_by_text("What each fare includes").click()
    expect(page.get_by_role("row", name="Cabin bag")).to_be_visible()
    check()

    if is_folded(page):
        page.get_by_text("Filters", exact=True).click()
    page.get_by_label(re.compile("Direct only")).check()
    page.get_by_label("Cheapest").check()
    if not runs_scripts:
        page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("1 h in BOM")).to_have_count(0)
    expect(page).to_have_url(re.compile("max_stops=0"))
    expect(page).to_have_url(re.compile("sort=price"))
    expect(page.get_by_label(re.compile("Direct only"))).to_be_checked()
    check()
    shared = page.url

    page.get_by_role("list", name="Filters in use").get_by_role("link").click()
    expect(page.get_by_text("1 h in BOM")).to_be_visible()
    page.goto(shared)
    expect(page.get_by_text("1 h in BOM")).to_have_count(0)
    expect(page.get_by_label("Cheapest")).to_be_checked()


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True)
def test_the_first_flight_is_in_sight_at_once(page: Page, departure: datetime) -> None:
    page.goto(search(departure))
    page.wait_for_load_state()
    strip = page.get_by_role("navigation", name="Lowest prices of the days around")
    expect(strip.get_by_role("link", name=re.compile("Lowest"))).to_be_visible()

    box = page.locator("article.way").first.bounding_box()
    assert box
    assert box["y"] < 450  # half of the screen


def is_folded(page: Page) -> bool:
    page.wait_for_load_state()  # before its styles are there, everything is visible
    return page.locator("#filters > details > summary").is_visible()


@pytest.mark.usefixtures("network")
def test_several_flights_and_where_nothing_is_found(page: Page, check: Callable[[], None], departure: datetime) -> None:
    page.goto("/")
    page.get_by_label("Several flights").check()
    page.get_by_label("From", exact=True).fill("New Delhi (DEL)")
    page.get_by_label("To", exact=True).fill("Mumbai (BOM)")
    page.locator("[name=depart_on]").fill(f"{departure:%Y-%m-%d}")
    page.get_by_label("Flight 2 from").fill("Mumbai (BOM)")
    page.get_by_label("Flight 2 to").fill("New Delhi (DEL)")
    page.get_by_label("Flight 2 departs").fill(f"{departure + timedelta(days=1):%Y-%m-%d}")
    page.get_by_role("button", name="Add a flight").click()
    expect(page.get_by_label("Flight 3 from")).to_be_focused()
    expect(page.get_by_label("Flight 2 from")).to_have_value("Mumbai (BOM)")
    check()
    page.get_by_role("button", name="Search flights").click()
    expect(page.get_by_role("heading", name="Choose your flight 1 of 2")).to_be_visible()

    page.goto(search(departure - timedelta(days=3)))
    expect(page.get_by_role("heading", name="No flight found")).to_be_visible()
    check()
    page.locator(".nothing .days a").last.click()
    expect(page.get_by_role("heading", name="Choose your flight")).to_be_visible()

    page.goto("/")
    expect(page.get_by_label("From", exact=True)).to_have_value("DEL")


@pytest.fixture
def large_and_dark(chromium: Browser, live_server: Any) -> Iterator[BrowserContext]:
    """1280 pixels at 200 %, in the dark, for somebody who wants nothing to move."""
    context = chromium.new_context(
        base_url=live_server.url,
        viewport={"width": 640, "height": 450},
        device_scale_factor=2,
        color_scheme="dark",
        reduced_motion="reduce",
    )
    yield context
    context.close()


@pytest.mark.usefixtures("network")
def test_every_page_of_the_search_is_usable_large_dark_and_still(
    large_and_dark: BrowserContext, departure: datetime, settings: Any
) -> None:
    settings.DEBUG = True  # opens the page of components
    page = large_and_dark.new_page()
    page.route("**/stream/prices/**", lambda route: route.fulfill(**NOTHING_HAPPENS))
    back = departure + timedelta(days=2)
    route = "origin=DEL&destination=BOM"
    for path in (
        "/",
        search(departure),
        search(departure, return_on=f"{back:%Y-%m-%d}"),
        "/search/?origin=Atlantis",
        f"/search/calendar/?{route}&month={departure:%Y-%m}",
        f"/search/flexible/?{route}&depart_on={departure:%Y-%m-%d}&return_on={back:%Y-%m-%d}",
        f"/search/anywhere/?origin=DEL&month={departure:%Y-%m}",
        "/styleguide/",
        "/accounts/login/",
    ):
        page.goto(path)
        violations = Axe().run(page, options=WCAG)["violations"]
        assert [(path, each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path
        assert page.evaluate(SHIFTS) == 0, path
        page.evaluate("document.documentElement.classList.add('is-leaving')")
        assert page.evaluate(MOVING) == 0, path
