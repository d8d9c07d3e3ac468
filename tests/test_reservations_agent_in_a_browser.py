"""A reservations agent's hour: somebody calls about a booking; a name is corrected, and a friend goes their own way.
Then a supervisor cancels for them and gives back what was kept. At a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.models import FareFamily
from airlines.tests.factories import make_flight
from bookings.models import Booking, DeskAct
from bookings.services.reconciliation import reconcile
from bookings.services.refunds import pay_refunds
from bookings.tests.factories import adult, make_booking
from conftest import PASSWORD
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("page", ["wide", "narrow"], indirect=True),
]


@pytest.fixture
def booking(db) -> Booking:
    """Of two, so close to departure that something is kept of what is cancelled."""
    now = timezone.now()
    flight = make_flight(departs_at=now + timedelta(hours=30), number="KV101")
    FareFamily.objects.update(refund_percent=40)
    owner = User.objects.create_user("meera@example.com", PASSWORD)
    people = [adult(given_name="Meera", family_name="Shrama"), adult(given_name="Ravi", family_name="Iyer")]
    return make_booking(owner, flight, now=now, travellers=people)


@pytest.fixture
def act(page: Page, check) -> Callable[..., None]:
    """Opens an act from the story, tries it without a reason, then does it; every page is looked at."""

    def act(title: str, confirm: str, fill: Callable[[], None]) -> None:
        page.get_by_role("navigation", name="Act for the traveller").get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        fill()
        show = page.get_by_role("button", name="Show what will happen")
        show.click()
        expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
        check()
        page.get_by_role("link", name="Reason: ").click()
        expect(page.get_by_label("Reason")).to_be_focused()
        page.keyboard.type("She called.")
        show.click()
        expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
        check()
        page.get_by_role("button", name=confirm).click()
        expect(page.get_by_role("heading", name="What happened")).to_be_visible()
        check()

    return act


def test_a_reservations_agents_hour(page: Page, act, log_in_to_desk, booking):
    log_in_to_desk(Role.AGENT)
    page.goto("/admin/bookings/booking/?q=meera@example.com")  # a single hit opens
    expect(page.get_by_role("heading", name=f"{booking.locator}, confirmed")).to_be_visible()

    act("Correct a name", "Correct it", lambda: page.get_by_label("Family name").fill("Sharma"))
    told = page.get_by_role("listitem").filter(has_text="Name corrected: Meera Shrama")
    expect(told.filter(has_text="She called.")).to_be_visible()
    act("Split travellers off", "Split them off", lambda: page.get_by_label("Ravi Iyer").check())
    page.get_by_role("link", name="Split off into").click()
    other = Booking.objects.exclude(pk=booking.pk).get()
    expect(page.get_by_role("heading", name=f"{other.locator}, confirmed")).to_be_visible()
    act("Send again", "Send it", lambda: page.get_by_label("E-mail").fill("ravi@example.com"))

    again = page.get_by_role("listitem").filter(has_text="Sent again, to another address from now on")
    expect(again.filter(has_text="She called.")).to_be_visible()
    expect(page.get_by_role("link", name="Waive a penalty")).to_have_count(0)
    assert [DeskAct.objects.filter(kind=kind).count() for kind in ("rename", "divide", "resend")] == [1, 2, 1]
    assert reconcile() == []


def test_a_supervisor_cancels_and_waives(page: Page, act, log_in_to_desk, booking):
    log_in_to_desk(Role.SUPERVISOR)
    page.goto(f"/admin/bookings/booking/?q={booking.locator}")

    def choose_everything() -> None:
        for name in ("Meera Shrama", "Ravi Iyer", "New Delhi – Mumbai"):
            page.get_by_label(name).check()

    act("Cancel", "Cancel this", choose_everything)
    act("Waive a penalty", "Give it back", lambda: page.get_by_label("Amount").fill("100.50"))

    expect(page.get_by_text("Penalty waived: ₹100.50 goes back").first).to_be_visible()
    pay_refunds(now=timezone.now())
    assert reconcile() == []
