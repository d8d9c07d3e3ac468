"""The hour of a cancelled flight: staff see who is touched, cancel, edit and accept; a traveller chooses alone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.tests.factories import make_flight
from bookings.models import ItineraryChange
from bookings.services.irregular_days import cancel_flight
from bookings.services.proposals import carry_out
from bookings.services.reconciliation import reconcile
from bookings.tests.factories import adult, child, make_booking
from conftest import PASSWORD
from flights_project.gateway.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def flight(db, departure):
    """Three bookings; seats for one of them later that day, and for all on the next."""
    now = timezone.now()
    flight = make_flight(departs_at=departure, number="KV101")
    make_flight(departs_at=flight.departs_at + timedelta(hours=1), seats=2, number="KV103")
    make_flight(departs_at=flight.departs_at + timedelta(hours=24), number="KV105")
    for name in ("asha", "ravi", "mira"):
        owner = User.objects.create_user(f"{name}@example.com", PASSWORD)
        make_booking(owner, flight, now=now, travellers=[adult(), child() if name == "mira" else adult()])
    return flight


def status_of(name: str) -> str:
    return ItineraryChange.objects.get(booking__owner__email=f"{name}@example.com").status


@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_staff_cancel_a_flight_and_move_everybody(page: Page, log_in, flight):
    User.objects.create_superuser("staff@example.com", PASSWORD)
    log_in("staff@example.com", f"/admin/airlines/flight/{flight.pk}/day/cancel/")

    page.get_by_role("button", name="Show who would be told").click()
    expect(page.get_by_text("Other flights on the same day: 1")).to_be_visible()
    expect(page.get_by_text("Other flights on a later day: 2")).to_be_visible()
    page.get_by_role("button", name="Cancel the flight and tell them").click()

    expect(page.get_by_text("Proposed, not answered: 3")).to_be_visible()
    family = page.get_by_role("row").nth(1)
    expect(family.get_by_role("combobox")).to_contain_text("KV103")
    page.get_by_role("row").nth(3).get_by_role("combobox").select_option(label="None")
    page.get_by_role("button", name="Move everybody to what is proposed").click()
    expect(page.get_by_text("2 bookings are being moved.")).to_be_visible()
    carry_out(now=timezone.now())
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_text("2 of 3 bookings have their answer.")).to_be_visible()
    expect(page.get_by_text("Nothing proposed: 1")).to_be_visible()
    assert status_of("mira") == "moved"
    assert reconcile() == []


def test_a_traveller_chooses_on_a_page_that_everybody_can_use(page: Page, log_in, check, flight):
    cancel_flight(flight=flight, now=timezone.now())
    change = ItineraryChange.objects.get(booking__owner__email="asha@example.com")
    log_in("asha@example.com", f"/trips/{change.booking.locator}/")
    check()
    page.get_by_role("link", name="Choose another flight for KV101").click()
    check()

    page.get_by_role("radio", name="Take the flights that we propose").check()
    page.get_by_role("button", name="Choose this").click()

    expect(page.get_by_text("You are booked on these flights")).to_be_visible()
    assert status_of("asha") == "moved"
    assert reconcile() == []
