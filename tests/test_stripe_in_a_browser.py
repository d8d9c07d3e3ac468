"""The page to pay with Stripe's form. Its script is another's and not here: a stand-in answers for js.stripe.com, and
shows that our script calls it as documented, that the token comes to us, and that the policy lets it load."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.tests.factories import make_flight
from bookings.models import Booking
from bookings.tests.factories import make_hold
from bookings.tests.stripe_server import StripeServer
from conftest import PASSWORD
from flights_project.gateway.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STAND_IN = """
window.Stripe = (key) => ({
  elements: (options) => ({
    create: (kind) => ({
      mount: (box) => { box.textContent = [key, kind, ...Object.values(options).flat()].join(" "); },
    }),
    submit: async () => ({}),
  }),
  createConfirmationToken: async ({ elements }) =>
    window.asked++ ? { confirmationToken: { id: "ctoken_ok" } } : { error: { message: "The number is incomplete." } },
});
window.asked = 0;
"""


@pytest.fixture
def stripe(settings):
    with StripeServer() as server:
        settings.PAYMENT_GATEWAYS = ["stripe"]
        settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY = "sk_test_x", "pk_test_x"
        settings.STRIPE_API_BASE = server.url
        yield server


@pytest.fixture
def booking(db, page: Page, live_server, stripe):
    """Held, by the one who is logged in to the browser."""
    asha = User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")
    flight = make_flight(departs_at=timezone.now() + timedelta(days=30))
    client = Client()
    client.force_login(asha, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return make_hold(asha, flight, now=timezone.now())


def open_page(page: Page, booking: Booking, script: str) -> None:
    page.route("https://js.stripe.com/**", lambda route: route.fulfill(content_type="text/javascript", body=script))
    page.goto(f"/trips/{booking.locator}/pay/")


def has_scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["page"] != "no-javascript")


def test_pays_with_the_token_of_stripes_form(page: Page, check, booking, stripe, request):
    open_page(page, booking, STAND_IN)
    check()
    if not has_scripts(request):
        expect(page.get_by_text("needs JavaScript")).to_be_visible()
        return
    expect(page.get_by_text("pk_test_x payment payment 400000 inr card en")).to_be_visible()

    page.get_by_role("button", name="Pay ₹").click()
    expect(page.get_by_role("alert")).to_have_text("The number is incomplete.")
    check()
    page.get_by_role("button", name="Pay ₹").click()

    expect(page.get_by_text("You are booked")).to_be_visible()
    booking.refresh_from_db()
    assert (booking.status, stripe.kept()) == ("confirmed", booking.total * 100)


def test_says_so_where_stripes_script_is_not_let_in(page: Page, check, booking, stripe, request):
    open_page(page, booking, "")
    if not has_scripts(request):
        return
    expect(page.get_by_role("alert")).to_contain_text("The card form comes from js.stripe.com")
    check()
    page.get_by_role("button", name="Pay ₹").click()

    assert stripe.calls == []
