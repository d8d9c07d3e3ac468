"""Seats chosen by keyboard and pointer, at a desk, on a phone and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.models import FareFamily, Seat
from airlines.tests.factories import AirplaneFactory, economy, make_flight
from bookings.services.payment import pay
from bookings.tests.factories import adult, child, make_hold
from conftest import PASSWORD
from flights_project.gateway.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def booking(db):
    """Two on the widest airplane there is; each seat costs 350."""
    now = timezone.now()
    plane = AirplaneFactory(cabins=[economy(20, 26, "ABC-DEFG-HJK")])
    flight = make_flight(departs_at=now + timedelta(days=30), number="KV101", airplane=plane)
    Seat.objects.filter(row=23).update(is_exit_row=True)
    FareFamily.objects.update(seat_fee=350)
    asha = User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha")
    return make_hold(asha, flight, now=now, travellers=[adult(), child(given_name="Dev", family_name="Rao")])


@pytest.fixture
def open_page(log_in, booking):
    return log_in("asha@example.com", f"/trips/{booking.locator}/seats/")


def seats_of(booking):
    return [str(each.seat) if each.seat else None for each in booking.coupons.order_by("passenger__position")]


def test_a_seat_each_and_on_to_payment(open_page: Page, check, booking):
    page = open_page
    check()
    page.get_by_role("radio", name="20A, window, free").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("group", name="Seat of Dev Rao on KV101")).to_be_visible()
    expect(page.get_by_role("radio", name="23A, window, exit row, not for this traveller")).to_be_disabled()
    page.get_by_role("radio", name="20B, middle, free").focus()
    page.keyboard.press("Space")
    page.emulate_media(color_scheme="dark")
    check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Pay ₹7,700")).to_be_visible()
    assert seats_of(booking) == ["20A", "20B"]


def test_together_in_one_step(open_page: Page, check, booking):
    page = open_page
    page.get_by_role("button", name="Seat us together").click()

    expect(page.get_by_text("KV101: You sit side by side in row 20.")).to_be_visible()
    check()
    assert seats_of(booking) == ["20B", "20A"]


@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_arrows_go_as_the_cabin_is_drawn(open_page: Page, booking):
    page = open_page
    page.wait_for_load_state()  # with its scripts
    page.get_by_role("radio", name="21A, window, free").focus()
    page.keyboard.press("Space")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)

    expect(page.get_by_role("radio", name="22B, middle, free")).to_be_checked()
    expect(page.locator("[data-seat-told]")).to_contain_text("22B, middle.")


def test_every_seat_is_large_enough_to_touch(open_page: Page):
    open_page.wait_for_load_state()  # with its styles
    sizes = open_page.evaluate(
        "[...document.querySelectorAll('.cabin input')].map(seat => seat.getBoundingClientRect())"
        ".map(box => Math.min(box.width, box.height))"
    )
    assert len(sizes) == 70
    assert min(sizes) >= 24


def test_seats_after_the_tickets_are_paid_by_themselves(open_page: Page, check, booking):
    pay(booking=booking, gateway="sandbox", token="tok_ok", now=timezone.now())
    page = open_page
    page.reload()
    for who, seat in (("Asha", "20A, window, free"), ("Dev", "20B, middle, free")):
        group = page.get_by_role("group", name=f"Seat of {who}")
        group.get_by_role("radio", name=seat).check()
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Pay ₹700")).to_be_visible()
    expect(page.get_by_role("heading", name="The seats that you chose")).to_be_visible()
    check()
    page.goto(f"/trips/{booking.locator}/")
    check()
    page.get_by_role("link", name="Pay ₹700").click()
    page.get_by_role("button", name="Pay ₹700").click()
    expect(page.get_by_role("heading", name="You chose seats that are not paid yet")).to_have_count(0)
    expect(page.get_by_text("KV101 20A")).to_be_visible()
    assert seats_of(booking) == ["20A", "20B"]
