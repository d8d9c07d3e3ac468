"""An airport agent's hour: another gate, a delay that breaks a connection, another airplane, who would be left behind;
then a supervisor cancels the flight, edits what is proposed and moves everybody. At a desk and on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.models import Flight
from airlines.tests.factories import AirplaneFactory, economy, make_flight
from bookings.models import Booking, ItineraryChange
from bookings.services.proposals import carry_out
from bookings.services.reconciliation import reconcile
from bookings.tests.factories import adult, child, make_booking, make_journey
from conftest import PASSWORD
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.lib import clock

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True),
]


@pytest.fixture
def flight(db, departure) -> Flight:
    """Three bookings of five travellers; one goes on by another flight, and other flights leave later."""
    now = timezone.now()
    flight = make_flight(departs_at=departure, number="KV101", seats=6)
    on = make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(minutes=60), number="KV501")
    make_flight("BOM", "GOI", departs_at=flight.arrives_at + timedelta(hours=5), number="KV503")
    make_flight(departs_at=flight.departs_at + timedelta(hours=3), seats=4, number="KV103")
    make_flight(departs_at=flight.departs_at + timedelta(hours=24), number="KV105")
    for name in ("asha", "ravi", "mira"):
        owner = User.objects.create_user(f"{name}@example.com", PASSWORD)
        if name == "asha":
            make_journey(owner, [flight, on], now=now, travellers=[adult(family_name="Iyer")])
        else:
            make_booking(owner, flight, now=now, travellers=[adult(), child() if name == "mira" else adult()])
    return flight


def booking_of(name: str) -> Booking:
    return Booking.objects.get(owner__email=f"{name}@example.com")


def test_an_airport_agents_hour(page: Page, check, log_in_to_desk, flight):
    log_in_to_desk(Role.AIRPORT_AGENT)
    day = f"/admin/airlines/flight/{flight.pk}"
    page.goto(f"{day}/change/")
    check()
    change_gate(page, check, day)
    delay(page, check, day, flight)
    swap(page, check, day, flight)

    page.goto(f"{day}/overbooking/")
    expect(page.get_by_text("Sold without a seat now: 2")).to_be_visible()
    behind = page.get_by_role("listitem").filter(has_text=booking_of("ravi").locator)
    expect(behind).to_be_visible()
    check()
    assert ItineraryChange.objects.get(booking=booking_of("ravi")).cause == "no_seat"
    assert reconcile() == []


def change_gate(page: Page, check, day: str) -> None:
    for gate, told in (("14B", 0), ("2", 3)):
        page.goto(f"{day}/day/gate/")
        page.get_by_label("Gate").fill(gate)
        page.get_by_role("button", name="Show who would be told").click()
        check()
        page.get_by_role("button", name="Set the gate and tell them").click()
        expect(page.get_by_text(f"Done. {told} bookings were told.")).to_be_visible()


def delay(page: Page, check, day: str, flight: Flight) -> None:
    """By forty minutes: who stays in Mumbai keeps it, who goes on cannot."""
    page.goto(f"{day}/day/move/")
    check()
    for name, instant, airport in (
        ("departs", flight.departs_at, flight.origin),
        ("arrives", flight.arrives_at, flight.destination),
    ):
        local = (instant + timedelta(minutes=40)).astimezone(clock.zone(airport.zone))
        page.locator(f"[name={name}_0]").fill(f"{local:%Y-%m-%d}")
        page.locator(f"[name={name}_1]").fill(f"{local:%H:%M}")
    page.get_by_role("button", name="Show who would be told").click()
    expect(page.get_by_text("Bookings that go on by another flight: 1")).to_be_visible()
    check()
    page.get_by_role("button", name="Move the flight and tell them").click()
    expect(page.get_by_text("Proposed, not answered: 1")).to_be_visible()
    expect(page.get_by_role("combobox")).to_contain_text("KV503")
    check()


def swap(page: Page, check, day: str, flight: Flight) -> None:
    smaller = AirplaneFactory.create(cabins=[economy(1, 3, "A")])
    page.goto(f"{day}/day/airplane/")
    page.get_by_label("Airplane").select_option(str(smaller.pk))
    page.get_by_role("button", name="Show who would be told").click()
    expect(page.get_by_role("heading", name="Seats lost: 3")).to_be_visible()
    expect(page.get_by_role("row", name="Economy")).to_contain_text("6 3 5 2")
    check()
    page.get_by_role("button", name="Swap the airplane, give new seats and tell them").click()
    expect(page.get_by_text("Done. 1 booking was told.")).to_be_visible()


def test_a_supervisor_cancels_and_moves_everybody(page: Page, check, log_in_to_desk, flight):
    log_in_to_desk(Role.SUPERVISOR)
    page.goto(f"/admin/airlines/flight/{flight.pk}/day/cancel/")
    page.get_by_role("button", name="Show who would be told").click()
    expect(page.get_by_text("Other flights on the same day: 2")).to_be_visible()
    check()
    page.get_by_role("button", name="Cancel the flight and tell them").click()
    expect(page.get_by_text("Proposed, not answered: 3")).to_be_visible()
    check()

    page.get_by_label(f"Other flights for {booking_of('mira').locator}").select_option(label="None")
    page.get_by_role("button", name="Save the proposals").click()
    expect(page.get_by_text("Nothing proposed: 1")).to_be_visible()
    page.get_by_role("button", name="Propose anew").click()
    expect(page.get_by_text("3 bookings have a proposal.")).to_be_visible()
    page.get_by_role("button", name="Move everybody to what is proposed").click()
    expect(page.get_by_text("3 bookings are being moved.")).to_be_visible()
    carry_out(now=timezone.now())
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_text("3 of 3 bookings have their answer.")).to_be_visible()
    check()
    assert set(ItineraryChange.objects.values_list("status", flat=True)) == {"moved"}
    assert reconcile() == []
