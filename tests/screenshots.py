"""Pictures of every page, as a traveller and as staff meet them: on a phone and at a desk, in light and in dark.

`make screenshots` starts a demo of its own; `ARGS="--url http://localhost:8000"` looks at one that runs.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.stack import Stack
from flights_project.local.run import report, say
from tests.chromium import CHROMIUM, FLAGS

SHOWN = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
IN_THE_README = {"wide-light": ("results", "trip-confirmed"), "narrow-light": ("home",)}
"""The first screen of these is kept beside the others, as PNG."""
PASSWORD = "flights-demo"
WIDTHS = {"narrow": 360, "wide": 1280}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DESK_LISTS = (
    "airlines/flight",
    "airlines/schedule",
    "airlines/flightfare",
    "airlines/farechange",
    "airlines/pricingrule",
    "bookings/booking",
    "bookings/coupon",
    "bookings/payment",
    "bookings/refund",
    "bookings/ticket",
    "bookings/report",
    "bookings/reconciliation",
    "notifications/message",
    "notifications/webhookendpoint",
    "gateway/user",
)
DESK_PAGES = {
    "airlines/flight/revenue": "revenue",
    "airlines/schedule/conflicts": "conflicts",
    "airlines/schedule/add": "schedule-new",
    "airlines/schedule/import": "schedule-import",
    "airlines/schedule/export": "schedule-export",
    "airlines/farechange/add": "farechange-new",
    "bookings/report/add": "report-new",
}
"""Beside the lists, and what the first row of each leads to."""
NEXT_MONTH = date.today() + timedelta(days=30)  # noqa: DTZ011 -- any day on sale will do


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--url", help="a demo that runs; without it one is started")
    parser.add_argument("--width", choices=WIDTHS, help="only this one")
    parser.add_argument("--scheme", choices=SCHEMES, help="only this one")
    chosen = parser.parse_args()
    widths = [chosen.width] if chosen.width else list(WIDTHS)
    schemes = (chosen.scheme,) if chosen.scheme else SCHEMES
    return report(lambda: look(chosen.url, widths, schemes))


def look(url: str | None, widths: list[str], schemes: tuple[Literal["light", "dark"], ...]) -> None:
    if CHROMIUM is None:
        raise SystemExit("there is no Chromium: apt-get install chromium")
    with _demo(url) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width in widths:
            for scheme in schemes:
                with _visit(browser, base, width, scheme) as walk:
                    walk.everything()
                say(f"{width}, {scheme}: {walk.taken} pages")
        browser.close()


@contextmanager
def _demo(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with Stack({}) as stack:
        from django.core.management import call_command  # noqa: PLC0415 -- Django is set up now

        call_command("load_demo", "--days=60")
        stack.start("web")
        stack.start("worker")
        yield f"http://localhost:{stack.port}"


@contextmanager
def _visit(browser: Browser, base: str, width: str, scheme: Literal["light", "dark"]) -> Iterator["Walk"]:
    context = browser.new_context(
        base_url=base, viewport={"width": WIDTHS[width], "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield Walk(page, f"{width}-{scheme}")
    context.close()


class Walk:
    """One visit from the first page to a cancelled trip and the staff desk, a picture of each page on the way."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.folder = SHOWN / "all" / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.taken = 0

    def everything(self) -> None:
        self.look_around()
        self.search()
        self.book()
        self.travel()
        self.work()

    def take(self, name: str) -> None:
        self.taken += 1
        path = self.folder / f"{self.taken:02d}-{name}.jpg"
        self.page.screenshot(path=path, full_page=True, type="jpeg", quality=70)
        if name in IN_THE_README.get(self.name, ()):
            self.page.screenshot(path=SHOWN / f"{name}-{self.name.split('-')[0]}.png")

    def open(self, path: str, name: str) -> None:
        self.page.goto(path)
        self.take(name)

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).first.click()

    def look_around(self) -> None:
        self.open("/", "home")
        self.open("/accounts/login/", "log-in")
        self.open("/accounts/signup/", "sign-up")
        self.open("/accounts/password/reset/", "password-reset")
        self.open("/nowhere/", "not-found")
        self.open("/offline/", "offline")
        self.open("/api/v1/problems/", "problem-types")

    def search(self) -> None:
        self.open("/search/?origin=Atlantis&destination=BOM&depart_on=2000-01-01", "search-errors")
        asked = f"origin=DEL&destination=BOM&depart_on={NEXT_MONTH}&adults=2"
        self.open(f"/search/?{asked}", "results")
        self.open(f"/search/?{asked}&return_on={NEXT_MONTH + timedelta(days=4)}&trip=return", "results-return")
        self.open(f"/search/?{asked}&depart_after=23:58", "results-none")
        self.open(f"/search/?origin=CCU&destination=LHR&depart_on={NEXT_MONTH}", "results-connections")
        self.open("/search/?trip=multi&origin=DEL", "search-several")
        route = "origin=DEL&destination=BOM"
        self.open(f"/search/calendar/?{route}&month={NEXT_MONTH:%Y-%m}", "calendar")
        back = NEXT_MONTH + timedelta(days=4)
        self.open(f"/search/flexible/?{route}&depart_on={NEXT_MONTH}&return_on={back}", "flexible")
        self.open(f"/search/anywhere/?origin=DEL&month={NEXT_MONTH:%Y-%m}", "anywhere")
        self.choose_days()
        self.page.goto(f"/search/?{asked}")

    def choose_days(self) -> None:
        """The first page knows the last search: its months have prices."""
        self.page.goto("/")
        self.page.get_by_role("button", name="Choose a day: Depart").click()
        self.page.get_by_role("dialog").get_by_role("table").first.wait_for()
        self.page.screenshot(path=self.folder / "00-days.jpg", type="jpeg", quality=70)
        self.page.keyboard.press("Escape")

    def book(self) -> None:
        self.page.get_by_role("link", name=re.compile("^Choose")).first.click()
        self.page.locator("input[name=login]").fill("traveller@demo.test")
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.press("Log in")
        self.take("travellers")
        self.press("Hold the seats")
        self.take("travellers-errors")
        for index, (given, family) in enumerate((("Asha", "Rao"), (f"Dev {self.name}", "Rao"))):
            self.page.get_by_label("Given name").nth(index).fill(given)
            self.page.get_by_label("Family name").nth(index).fill(family)
            self.page.get_by_label("Date of birth").nth(index).fill(f"19{80 + len(self.name)}-0{index + 1}-11")
        self.press("Hold the seats")
        self.take("pay")
        trip = self.page.url.removesuffix("pay/")
        self.open(f"{trip}seats/", "seats")
        self.page.goto(f"{trip}pay/")
        self.pay("declined", "pay-declined")
        self.pay("bank's check", "pay-challenge")
        self.press("Approve")
        self.take("trip-confirmed")

    def pay(self, card: str, name: str) -> None:
        self.page.get_by_label(re.compile(card)).check()
        self.press(re.compile("^Pay"))
        self.take(name)

    def travel(self) -> None:
        trip = self.page.url
        self.open(f"{trip}seats/", "seats-confirmed")
        self.open(f"{trip}cancel/", "cancel")
        self.press(re.compile("what|quote|price|refund", re.IGNORECASE))
        self.take("cancel-confirm")
        self.press(re.compile("^Cancel"))
        self.take("trip-cancelled")
        self.open("/trips/", "trips")
        self.open("/mailbox/", "mailbox")

    def work(self) -> None:
        self.page.context.clear_cookies()
        self.page.goto("/admin/")
        self.page.locator("input[name=login], input[name=username]").first.fill("staff@demo.test")
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("input[name=password]").press("Enter")
        self.take("desk")
        self.open("/styleguide/", "components")
        for path in DESK_LISTS:
            self.open(f"/admin/{path}/", f"desk-{path.split('/')[1]}s")
            row = self.page.locator(f"a[href*='/admin/{path}/'][href*='/change/']").first
            if row.count():
                self.page.goto(row.get_attribute("href") or "")
                self.take(f"desk-{path.split('/')[1]}")
        for path, name in DESK_PAGES.items():
            self.open(f"/admin/{path}/", f"desk-{name}")
        self.act()

    def act(self) -> None:
        """What is done for whoever calls, as far as the newest paid booking allows."""
        self.open("/admin/bookings/booking/hold/", "desk-hold")
        self.page.goto("/admin/bookings/booking/?status__exact=confirmed")
        row = self.page.locator("a[href*='/admin/bookings/booking/'][href*='/change/']").first
        if row.count():
            story = (row.get_attribute("href") or "").partition("change/")[0]
            self.open(f"{story}change/", "desk-story")
            for act in ("rename", "cancel"):
                self.open(f"{story}act/{act}/", f"desk-{act}")


if __name__ == "__main__":
    sys.exit(main())
