"""An hour at the staff desk, by a revenue manager and by a reservations agent, at a desk and on a phone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.models import Airport, FlightFare
from airlines.services.repricing import give_to_rules
from airlines.tests.factories import make_flight, make_pricing_rule
from bookings.models import Booking
from bookings.services.reports import write_reports
from bookings.tests.factories import adult, make_booking, make_hold
from conftest import PASSWORD
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from tests.conftest import FITS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True),
]


@pytest.fixture
def flight(db):
    return make_flight(departs_at=timezone.now() + timedelta(days=5), number="KV101", seats=10)


@pytest.fixture
def traveller(db):
    return User.objects.create_user("asha@example.com", PASSWORD)


def no_wider_than_the_window(page: Page) -> None:
    page.wait_for_load_state()
    assert page.evaluate(FITS)


def test_a_revenue_managers_hour(log_in_to_desk, traveller, flight):
    make_booking(traveller, flight, now=timezone.now(), travellers=[adult(), adult()])
    page = log_in_to_desk(Role.REVENUE_MANAGER)
    expect(page.get_by_text("₹8,000 taken today")).to_be_visible()
    expect(page.get_by_role("heading", name="What waits")).to_have_count(0)
    no_wider_than_the_window(page)

    page.goto("/admin/airlines/flight/revenue/")
    page.get_by_label("From", exact=True).fill("DEL")
    page.get_by_role("button", name="Show").click()
    row = page.get_by_role("row", name=re.compile("KV101"))
    expect(row).to_contain_text("2 / 10")
    expect(row).to_contain_text("₹8,000")
    no_wider_than_the_window(page)
    row.get_by_role("link", name="KV101").click()
    expect(page.get_by_text("2 of 10 seats sold, 20 %")).to_be_visible()
    no_wider_than_the_window(page)

    page.goto("/admin/airlines/farechange/add/")
    page.locator("[name=origin]").fill("DEL")
    page.locator("[name=kind]").select_option("percent")
    page.locator("[name=by]").fill("10")
    page.locator("[name=reason]").fill("It fills well")
    page.get_by_role("button", name="See what would change").click()
    page.get_by_role("button", name="Change these prices").click()
    expect(page.get_by_role("button", name="Undo: give back the prices before")).to_be_visible()
    fare = FlightFare.objects.get(flight_cabin__flight=flight)
    assert fare.amount == 4400
    page.goto(f"/admin/airlines/flight/{flight.pk}/prices/")
    expect(page.get_by_role("main").or_(page.locator("#main")).get_by_text("4,400").first).to_be_visible()
    no_wider_than_the_window(page)

    page.goto("/admin/airlines/farechange/")
    page.get_by_role("link", name=re.compile("#")).first.click()
    page.get_by_role("button", name="Undo: give back the prices before").click()
    expect(page.get_by_text("undone").first).to_be_visible()
    fare.refresh_from_db()
    assert fare.amount == 4000


def test_a_revenue_managers_rule_is_seen_before_it_is_saved(log_in_to_desk, flight):
    rule = make_pricing_rule("Full flights", load={0: 110})
    give_to_rules(fare=FlightFare.objects.get(flight_cabin__flight=flight), now=timezone.now())
    band = rule.bands.get()
    page = log_in_to_desk(Role.REVENUE_MANAGER)

    page.goto(f"/admin/airlines/pricingrule/{rule.pk}/change/")
    page.locator("[name=bands-0-percent]").fill("130")
    page.get_by_role("button", name="See what would change, without saving").click()
    expect(page.get_by_text("₹5,200").first).to_be_visible()
    no_wider_than_the_window(page)
    band.refresh_from_db()
    assert band.percent == 110

    page.get_by_role("button", name="Save", exact=False).first.click()
    page.wait_for_url("**/admin/airlines/pricingrule/")
    band.refresh_from_db()
    assert band.percent == 130


def test_revenue_is_taken_away_by_who_asked(log_in_to_desk, traveller, flight):
    make_booking(traveller, flight, now=timezone.now())
    page = log_in_to_desk(Role.REVENUE_MANAGER)
    page.goto("/admin/airlines/flight/revenue/")
    page.get_by_role("link", name="Revenue by route of these days").click()
    expect(page.locator("[name=kind]")).to_have_value("revenue")
    page.locator("[name=reason]").fill("Monday's meeting")
    page.get_by_role("button", name="Ask for the list").click()
    expect(page.get_by_text("It waits for its turn.")).to_be_visible()
    no_wider_than_the_window(page)

    write_reports(now=timezone.now())

    with page.expect_download() as file:  # the page looks by itself whether it is ready
        page.get_by_role("link", name="Take it away as CSV").click()
    assert "DEL,BOM,1,10,1,10,4000.00,4000.00" in file.value.path().read_text()


def test_an_agents_hour(log_in_to_desk, traveller, flight):
    now = timezone.now()
    hold = make_hold(traveller, flight, now=now, travellers=[adult(family_name="Iyer")])
    Booking.objects.filter(pk=hold.pk).update(payment_required_by=now + timedelta(minutes=10))
    page = log_in_to_desk(Role.AGENT)

    page.get_by_role("link", name=re.compile("1 Holds that expire")).click()
    expect(page.get_by_text(hold.locator).first).to_be_visible()
    page.goto("/admin/bookings/booking/?q=iyer&status__exact=held")
    page.locator("input.action-select").first.check()
    page.locator("[name=action]").select_option("release")
    page.get_by_placeholder("Reason").fill("She called.")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("1 hold was let go.")).to_be_visible()
    hold.refresh_from_db()
    assert hold.status == "cancelled"

    page.goto(f"/admin/bookings/booking/{hold.pk}/change/")
    expect(page.get_by_text("She called.").first).to_be_attached()

    page.goto(f"/admin/airlines/flight/{flight.pk}/change/")
    no_wider_than_the_window(page)
    with page.expect_download() as file:
        page.get_by_role("link", name="PDF").click()
    assert file.value.path().read_bytes().startswith(b"%PDF")


def test_a_flights_page_fits_the_window(log_in_to_desk, flight):
    """However long the names of its airports and its airplane are."""
    Airport.objects.update(name="Chhatrapati Shivaji Maharaj International Airport, the newer one")
    page = log_in_to_desk(Role.SCHEDULE_PLANNER)

    page.goto(f"/admin/airlines/flight/{flight.pk}/change/")
    expect(page.locator(".field-destination .select2-container")).to_be_visible()

    no_wider_than_the_window(page)
