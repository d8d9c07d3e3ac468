"""Every page of the staff desk, in light and in dark: no violation of WCAG 2.2 AA, nothing to scroll sideways for."""

from collections.abc import Callable, Iterator

import pytest
import tablib
from axe_core_python.sync_playwright import Axe
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.test import Client
from playwright.sync_api import Browser, Page

from airlines.models import FareChange, Flight, PricingRule, Schedule
from airlines.services.schedule_rows import COLUMNS, row_of
from airlines.services.schedules import pattern_of
from bookings.admin.irregular_days import CHANGES
from bookings.models import Booking, Report
from bookings.services.reports import write_reports
from tests.conftest import FITS, WCAG
from tests.test_admin import one_more  # noqa: F401 -- the same day's work is in every list

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GROUPS = [(str(title), tuple(models)) for title, models in settings.DESK_PAGES]
DAYS_WORK = tuple(f"day/{name}" for name in CHANGES)
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""All that another colour scheme can spoil."""


@pytest.fixture
def desk(chromium: Browser, live_server, agent, one_more) -> Iterator[Page]:  # noqa: F811
    """Somebody with all rights, and a day's work in every list. An error of a script fails the test."""
    one_more()
    client = Client()
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def found(desk: Page) -> Iterator[Callable[[str], None]]:
    """Looks at the page that is open, under a name; in the end nothing must have been found anywhere."""
    faults: list[tuple[str, str, list[str]]] = []

    def look(name: str) -> None:
        desk.wait_for_load_state()
        for scheme, rules in (("light", WCAG), ("dark", CONTRAST)):
            desk.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            faults.extend(
                (f"{name}, {scheme}", each["id"], [node["html"][:300] for node in each["nodes"]][:3])
                for each in Axe().run(desk, options=rules)["violations"]
            )
        if not desk.evaluate(FITS):
            faults.append((name, "wider than the window", []))

    yield look
    assert faults == [], "\n".join(map(str, faults))


@pytest.mark.parametrize("models", [models for _title, models in GROUPS], ids=[title for title, _models in GROUPS])
def test_lists_and_forms(desk: Page, found, models, agent, rf) -> None:
    request = rf.get("/")
    request.user = agent
    for label in models:
        model = apps.get_model(label)
        base = f"/admin/{label.replace('.', '/')}/"
        paths = [base, f"{base}{model._default_manager.order_by('pk').last().pk}/change/"]
        if admin.site.get_model_admin(model).has_add_permission(request):
            paths.append(f"{base}add/")
        for path in paths:
            desk.goto(path)
            found(path)


def test_the_pages_of_the_day(desk: Page, found) -> None:
    desk.goto("/admin/")
    for numbers in desk.locator("summary").all():
        numbers.click()
    found("Today")
    flight = Flight.objects.earliest("departs_at")
    for path in ("pace", "seats", "prices", "overbooking", "rebooking", "history", "delete", *DAYS_WORK):
        desk.goto(f"/admin/airlines/flight/{flight.pk}/{path}/")
        found(path)
    for path in (
        "airlines/flight/revenue/",
        "airlines/schedule/conflicts/",
        "airlines/schedule/import/",
        "airlines/schedule/export/",
        f"airlines/schedule/{Schedule.objects.latest('pk').pk}/delete/",
        f"bookings/booking/?q={Booking.objects.latest('pk').locator}",
        "bookings/booking/?q=nobody",
        "airlines/",
    ):
        desk.goto(f"/admin/{path}")
        found(path)


def test_what_is_seen_before_it_is_done(desk: Page, found, now, tmp_path) -> None:
    schedule = Schedule.objects.latest("pk")
    desk.goto(f"/admin/airlines/schedule/{schedule.pk}/change/")
    desk.locator("input[name=departs]").fill("07:10")
    desk.get_by_role("button", name="See what would happen").click()
    found("a schedule's plan")

    row = row_of(pattern_of(schedule))
    for name, changes in (("a wrong row", {"departs": "late"}), ("an import", {"departs": "07:10"})):
        file = tmp_path / "schedules.csv"
        file.write_text(tablib.Dataset([(row | changes)[column] for column in COLUMNS], headers=COLUMNS).export("csv"))
        desk.goto("/admin/airlines/schedule/import/")
        desk.locator("input[type=file]").set_input_files(file)
        desk.locator("select[name=format]").select_option(label="csv")
        desk.get_by_role("button", name="See what it would do").click()
        found(name)

    desk.goto(f"/admin/airlines/pricingrule/{PricingRule.objects.latest('pk').pk}/change/")
    desk.get_by_role("button", name="See what would change, without saving").click()
    found("what a rule would change")

    desk.goto(f"/admin/airlines/farechange/{FareChange.objects.latest('pk').pk}/change/")
    desk.get_by_role("button", name="Change these prices").click()
    found("fares that were changed")

    write_reports(now=now)
    desk.goto(f"/admin/bookings/report/{Report.objects.latest('asked_at').pk}/change/")
    found("a list that is ready")
