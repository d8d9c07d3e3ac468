"""One's own account, by hand: its pages, and a passkey instead of the password."""

from datetime import timedelta

import orjson
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.services.stale_lows import refresh_stale
from airlines.tests.factories import make_flight
from conftest import PASSWORD
from flights_project.gateway.models import User
from notifications.models import Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def asha(db):
    return User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")


@pytest.fixture
def logged_in(log_in, asha):
    return log_in(asha.email, "/account/")


def say_the_password(page: Page) -> None:
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button").first.click()


def test_every_page_of_the_account(logged_in: Page, check):
    page = logged_in
    check()
    links = page.get_by_role("navigation", name="Account").get_by_role("listitem").get_by_role("link")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert len(addresses) > 3
    for address in addresses:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        check()


def test_pages_on_the_way_in_lead_on(page: Page, check, asha):
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot").click()
    check()
    page.get_by_label("Email").fill(asha.email)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    check()
    page.goto("/accounts/password/reset/key/1-set-password/")
    check()
    page.get_by_role("link", name="Ask for a new link").click()
    expect(page.get_by_role("heading", name="Forgotten password")).to_be_visible()


def test_a_forgotten_password_is_chosen_anew_by_the_mailed_link(page: Page, check, asha):
    page.goto("/accounts/password/reset/")
    page.get_by_label("Email").fill(asha.email)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    link = link_in_the_mail_to(asha.email, "/accounts/password/reset/key/")
    page.goto(link)
    for name in ("password1", "password2"):
        page.locator(f"input[name={name}]").fill("kestrels-over-kutch")
    check()
    page.get_by_role("button", name="Save the new password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    check()

    page.get_by_role("main").get_by_role("link", name="Log in").click()
    page.locator("input[name=login]").fill(asha.email)
    page.locator("input[name=password]").fill("kestrels-over-kutch")
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("link", name="My trips").first).to_be_visible()
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def link_in_the_mail_to(email: str, path: str) -> str:
    """Of the newest mail about the account."""
    link: str = Message.objects.filter(kind="account", recipient=email).latest("written_at").context["url"]
    return link[link.index(path) :]


def test_another_device_is_logged_out(logged_in: Page, check, asha):
    page = logged_in
    other = Client(headers={"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"})
    other.post("/accounts/login/", {"login": asha.email, "password": PASSWORD})
    assert other.get("/account/").status_code == 200
    page.goto("/accounts/sessions/")
    devices = page.get_by_role("main").get_by_role("list").last.get_by_role("listitem")
    expect(devices).to_have_count(2)
    check()
    page.get_by_role("button", name="Log out everywhere else").click()

    expect(page.get_by_role("button", name="Log out everywhere else")).to_have_count(0)
    page.goto("/accounts/sessions/")
    expect(devices).to_have_count(1)
    expect(devices).to_contain_text("this one")
    check()
    assert other.get("/account/").status_code == 302


def test_a_traveller_is_saved_and_removed(logged_in: Page, check):
    page = logged_in
    page.goto("/account/travellers/")
    page.get_by_role("button", name="Save").click()
    check()
    page.get_by_label("Given name").fill("Zoë")
    page.get_by_label("Family name").fill("O'Rao")
    page.get_by_label("Date of birth").fill("1990-04-05")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Zoë is saved.")).to_be_visible()
    check()

    page.get_by_role("button", name="Remove Zoë O'Rao").click()

    expect(page.get_by_text("The traveller is removed.")).to_be_visible()


def test_who_signs_up_confirms_the_address_by_the_mail(page: Page, check, db, settings):
    settings.EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"
    page.goto("/accounts/signup/")
    for label, entered in (("Given name", "Zoë"), ("Family name", "Rao"), ("Email", "zoe@example.com")):
        page.get_by_label(label).fill(entered)
    page.locator("input[name=password1]").fill(PASSWORD)
    check()
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Confirmation email sent to zoe@example.com.")).to_be_visible()
    page.goto(link_in_the_mail_to("zoe@example.com", "/accounts/confirm-email/"))
    expect(page.get_by_text("Is zoe@example.com yours?")).to_be_visible()
    check()
    page.get_by_role("main").get_by_role("button").click()

    expect(page.get_by_text("You have confirmed zoe@example.com.")).to_be_visible()


def test_an_app_is_set_up_and_asked_for_at_the_next_log_in(logged_in: Page, check, asha, settings):
    settings.MFA_TOTP_TOLERANCE = 1  # the app may show its next code while this one is typed
    page = logged_in
    page.goto("/accounts/2fa/totp/activate/")
    say_the_password(page)
    check()
    secret = page.locator("code.secret").inner_text()
    page.locator("input[name=code]").fill(code_of(secret))
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("main")).to_contain_text("recovery codes", ignore_case=True)
    check()

    page.context.clear_cookies()
    cache.clear()  # a code is good once
    page.goto("/accounts/login/?next=/account/")
    page.locator("input[name=login]").fill(asha.email)
    say_the_password(page)
    check()
    page.locator("input[name=code]").fill(code_of(secret))
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Name")).to_be_visible()


def code_of(secret: str) -> str:
    """What the app shows now."""
    _before, now, _after = totp.yield_hotp_counters_from_time()
    return str(totp.format_hotp_value(totp.hotp_value(secret, now)))


def test_a_price_is_followed_and_no_longer(logged_in: Page, check, asha):
    page = logged_in
    flight = make_flight(departs_at=timezone.now() + timedelta(days=30))
    refresh_stale(now=timezone.now())
    page.goto(f"/search/?origin=DEL&destination=BOM&depart_on={flight.departs_on}")
    page.get_by_role("link", name="Tell me when it gets cheaper").click()
    check()
    page.get_by_label("Tell me below").fill("3500")
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_text("We follow this price and write to you when it falls.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("₹3,500")
    check()

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You follow no price.")).to_be_visible()


def test_what_is_told_is_a_choice(logged_in: Page, check):
    page = logged_in
    page.goto("/messages/choices/")
    by_email = page.get_by_label("By email").first
    by_email.uncheck()
    page.get_by_role("main").get_by_role("button").last.click()
    expect(by_email).not_to_be_checked()
    page.reload()

    expect(by_email).not_to_be_checked()
    check()


def test_what_is_kept_is_taken_along_and_the_account_is_closed(logged_in: Page, check, asha):
    page = logged_in
    page.goto("/account/data/")
    page.get_by_role("link", name="Get the file").click()
    with page.expect_download() as file:
        say_the_password(page)
    assert orjson.loads(file.value.path().read_bytes())["account"]["email"] == asha.email

    page.goto("/account/data/")
    page.get_by_role("link", name="Close the account").click()
    check()
    page.get_by_role("button", name="Close the account for ever").click()

    expect(page.get_by_text("Your account is closed.")).to_be_visible()
    assert not User.objects.get(pk=asha.pk).is_active


@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_a_passkey_opens_the_account(logged_in: Page, check, asha):
    page = logged_in
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/accounts/2fa/webauthn/add/")
    say_the_password(page)
    check()
    expect(page.get_by_label("Log in with it alone, without a password")).to_be_checked()
    page.get_by_role("main").get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    assert Authenticator.objects.filter(user=asha, type=Authenticator.Type.WEBAUTHN).exists()

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/account/")
    check()
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("heading", name="Name")).to_be_visible()
