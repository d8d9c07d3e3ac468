"""A planner's hour: a schedule is made, changed under somebody who is booked, and files are brought in."""

from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest
import tablib
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.models import Flight, Schedule
from airlines.services.schedule_rows import COLUMNS, row_of
from airlines.tests.factories import AirplaneFactory, AirplaneTypeFactory, AirportFactory, FareFamilyFactory, a_pattern
from bookings.tests.factories import make_booking
from conftest import PASSWORD
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.gateway.services import give_role
from notifications.models import Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def first_day(db: None) -> date:
    return (timezone.now() + timedelta(days=30)).date()


@pytest.fixture
def desk(log_in: Callable[[str, str], Page], first_day: date) -> Page:
    """The schedules, open before a planner."""
    AirplaneFactory(registration="VT-KAA")
    AirplaneTypeFactory()
    FareFamilyFactory(code="light")
    for iata in ("DEL", "BOM"):
        AirportFactory(iata=iata)
    planner = User.objects.create_user("planner@example.com", PASSWORD, is_staff=True)
    give_role(user=planner, role=Role.SCHEDULE_PLANNER)
    return log_in("planner@example.com", "/admin/airlines/schedule/")


def type_in(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"input[name={name}]").fill(value)


def look(page: Page) -> None:
    page.get_by_role("button", name="See what would happen").click()


def confirm(page: Page, button: str = "Confirm") -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url("**/admin/airlines/schedule/")


def bring_in(page: Page, rows: list[dict[str, str]], folder: Path) -> None:
    sheet = tablib.Dataset(*[[row[column] for column in COLUMNS] for row in rows], headers=COLUMNS)
    path = folder / "winter.csv"
    path.write_text(sheet.export("csv"))
    page.goto("/admin/airlines/schedule/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.locator("select[name=format]").select_option(label="csv")
    page.get_by_role("button", name="See what it would do").click()


@pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True)
def test_a_planners_hour(desk: Page, first_day: date, tmp_path: Path) -> None:
    page = desk

    # A new schedule: typed wrong, mended, seen, confirmed.
    page.goto("/admin/airlines/schedule/add/")
    type_in(page, number="KV301", origin="DEL", destination="XXX", departs="06:00", arrives="08:10", airplanes="VT-KAA")
    type_in(page, starts_on=f"{first_day}", ends_on=f"{first_day + timedelta(days=6)}")
    page.locator("select[name=airplane_type]").select_option(label="32N A320neo")
    page.locator("input[name^=fare_economy]").first.fill("4000")
    look(page)
    expect(page.get_by_text("There is no airport XXX.")).to_be_visible()
    type_in(page, destination="BOM")
    look(page)
    expect(page.get_by_text("Made: 7")).to_be_visible()
    expect(page.get_by_text("leaves from where the airplane is not").first).to_be_visible()
    assert not Schedule.objects.exists()
    page.get_by_label("Reason").fill("Winter")
    confirm(page)
    assert Flight.objects.filter(number="KV301").count() == 7

    # Somebody books, and the times change.
    traveller = User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha")
    make_booking(traveller, Flight.objects.earliest("departs_at"), now=timezone.now())
    page.get_by_role("link", name="KV301").first.click()
    type_in(page, departs="07:00", arrives="09:10")
    look(page)
    expect(page.get_by_text("Changed: 7")).to_be_visible()
    expect(page.get_by_text("Bookings that are told: 1")).to_be_visible()
    confirm(page)
    assert Message.objects.filter(kind="flight_delayed", way="email").count() == 1

    # A file with a wrong row, and mended.
    back = row_of(a_pattern("BOM", "DEL", number="KV302", starts_on=first_day, departs=time(10), arrives=time(12, 10)))
    bring_in(page, [back, back | {"number": "KV304", "departs": "late"}], tmp_path)
    expect(page.get_by_text("Not a time: late. Write 06:30.")).to_be_visible()
    bring_in(page, [back], tmp_path)
    expect(page.get_by_text("Bookings that are told: 0.")).to_be_visible()
    assert Schedule.objects.count() == 1
    confirm(page, "Do it")
    assert Schedule.objects.get(number="KV302").departs == time(10)

    # And the first one ends.
    page.get_by_role("link", name="KV301").first.click()
    page.get_by_role("link", name="End the schedule").click()
    expect(page.get_by_text("Cancelled: 1")).to_be_visible()
    confirm(page, "End it")
    assert not Schedule.objects.filter(number="KV301").exists()
    assert Message.objects.filter(kind="flight_cancelled", way="email").count() == 1
