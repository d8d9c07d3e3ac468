"""Debian's Chromium, driven by Playwright; processes beside the tests."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_core_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from conftest import PASSWORD
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.local.environment import throw_away_servers
from flights_project.local.lifetime import Servers
from flights_project.local.server import wait_until
from tests.chromium import CHROMIUM, FLAGS

NOTHING_HAPPENS: dict[str, Any] = {"content_type": "text/event-stream", "body": "retry: 3600000\n\n"}
"""What a price stream says while no price changes."""

FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"

SHIFTS = """() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((each) => (sum += each.value)))
        .observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => setTimeout(() => resolve(sum), 0));
})"""
"""How much has moved since the page came."""

STILL_SERVED = 10.0
"""Seconds that a request may still run when the test that made it is over."""

WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
"""The rules whose answer another scheme may change: nothing else of a page is drawn otherwise in it."""

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def of_this_database(django_db_setup: None) -> dict[str, str]:
    """The environment of processes that share this test's database."""
    database = urlsplit(os.environ["DATABASE_URL"])
    path = database.path.rpartition("/")[0] + "/" + str(connection.settings_dict["NAME"])
    return {"DATABASE_URL": database._replace(path=path).geturl()}


@pytest.fixture
def broker() -> Iterator[Servers]:
    """A Valkey of its own, which a test may stop."""
    with throw_away_servers(durable=False) as servers:
        servers.use(postgres=False)
    yield servers
    servers.leave()


@pytest.fixture
def departure() -> datetime:
    """In 30 days, at 12:30 in India: whatever the hour is now, that day has flights before and after."""
    return (timezone.now() + timedelta(days=30)).replace(hour=7, minute=0, second=0, microsecond=0)


@pytest.fixture
def live_server(live_server: Any) -> Iterator[Any]:
    """Serves nobody any more when the test's rows are removed: what is still answered could hold them, or write into
    the next test."""
    yield live_server
    wait_until(lambda: not any("process_request_thread" in each.name for each in threading.enumerate()), STILL_SERVED)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Skips with a line that says so where there is no Chromium, unless FLIGHTS_REQUIRE_BROWSER asks for it."""
    if CHROMIUM is None:
        if os.environ.get("FLIGHTS_REQUIRE_BROWSER"):
            pytest.fail("FLIGHTS_REQUIRE_BROWSER is set and there is no Chromium")
        pytest.skip("no Chromium found: apt-get install chromium to run the browser tests")
    # Playwright's synchronous driver runs an event loop in this thread, in which Django fears to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(params=["wide", "narrow", "no-javascript"])
def page(request: pytest.FixtureRequest, chromium: Browser, live_server: Any) -> Iterator[Page]:
    """A page at a desk in light, on a phone in dark, and without JavaScript in colours forced on it.

    An error of a script fails the test.
    """
    width = 360 if request.param == "narrow" else 1280
    context = chromium.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": 900},
        java_script_enabled=request.param != "no-javascript",
        color_scheme="dark" if request.param == "narrow" else "light",
        forced_colors="active" if request.param == "no-javascript" else "none",
        reduced_motion="reduce",
        service_workers="block",  # what it asks for, `page.route` would not see
    )
    faults: list[str] = []
    page = context.new_page()
    page.set_default_timeout(15_000)
    # Where pages come from there is no price stream: tests of it start one, on a port of its own.
    page.route(f"{live_server.url}/stream/prices/**", lambda route: route.fulfill(**NOTHING_HAPPENS))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def check(request: pytest.FixtureRequest, page: Page) -> Callable[[], None]:
    """Looks at the page that is open: no violation of WCAG 2.2 AA, and nothing to scroll sideways for.

    Not at twice the size of a desk's either, nor in the least width that WCAG asks for (1.4.10).
    """
    runs_scripts = request.node.callspec.params["page"] != "no-javascript"

    def check() -> None:
        page.wait_for_load_state()  # with its styles
        if runs_scripts:  # axe is one
            assert violations_on(page, WCAG) == []
        assert page.evaluate(FITS)
        size = page.viewport_size or ViewportSize(width=1280, height=900)
        page.set_viewport_size({"width": 320 if size["width"] < 640 else 640, "height": size["height"]})
        assert page.evaluate(FITS), page.viewport_size
        page.set_viewport_size(size)

    return check


@pytest.fixture
def check_colours(request: pytest.FixtureRequest, page: Page) -> Callable[[], None]:
    """Looks at the page that is open in the scheme that it is not in: no violation that colours decide."""
    mine, other = ("dark", "light") if request.node.callspec.params["page"] == "narrow" else ("light", "dark")

    def check_colours() -> None:
        page.emulate_media(color_scheme=other)
        assert violations_on(page, OF_COLOURS) == [], other
        page.emulate_media(color_scheme=mine)

    return check_colours


def violations_on(page: Page, options: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Each by the rule of axe and the elements that break it."""
    violations = Axe().run(page, options=options)["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations]


@pytest.fixture
def log_in(page: Page) -> Callable[[str, str], Page]:
    """Logs somebody in by their e-mail, and returns the page that they wanted to see when it is there."""

    def log_in(email: str, wanted: str) -> Page:
        page.goto(f"/accounts/login/?next={wanted}")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url(lambda url: "/accounts/login/" not in url)
        return page

    return log_in


@pytest.fixture
def log_in_to_desk(page: Page, db: None, log_in: Callable[[str, str], Page]) -> Callable[[Role], Page]:
    """Logs somebody of a role in, whoever was before, and opens Today."""

    def log_in_to_desk(role: Role) -> Page:
        page.context.clear_cookies()
        user = User.objects.create_user(f"{role}@airline.example", PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        log_in(user.email, "/admin/")
        expect(page.get_by_role("heading", name="Departures by hour")).to_be_visible()
        return page

    return log_in_to_desk
