"""One's own account, by hand: its pages, and a passkey instead of the password."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from conftest import PASSWORD
from flights_project.gateway.models import User

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
def logged_in(page: Page, asha):
    page.goto("/accounts/login/?next=/account/")
    page.locator("input[name=login]").fill(asha.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    return page


def say_the_password(page: Page) -> None:
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button").first.click()


def test_every_page_of_the_account(logged_in: Page, check):
    page = logged_in
    check()
    links = page.get_by_role("navigation", name="Account").get_by_role("listitem").get_by_role("link")
    for address in [link.get_attribute("href") for link in links.all()]:
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


def test_the_account_is_closed(logged_in: Page, check, asha):
    page = logged_in
    page.goto("/account/data/")
    page.get_by_role("link", name="Close the account").click()
    say_the_password(page)
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
    page.get_by_label(re.compile("passwordless", re.IGNORECASE)).check()
    page.get_by_role("main").get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    assert Authenticator.objects.filter(user=asha, type=Authenticator.Type.WEBAUTHN).exists()

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/account/")
    check()
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("heading", name="Name")).to_be_visible()
