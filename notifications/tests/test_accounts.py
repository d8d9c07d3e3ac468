"""Mail about accounts: what it is about, and one link."""

import pytest

from conftest import PASSWORD
from notifications.models import Message
from notifications.services.rendering import render

pytestmark = pytest.mark.django_db

NEW = {"first_name": "Zoë", "last_name": "Rao", "email": "zoe@example.com", "password1": PASSWORD}


def told(recipient):
    facts = Message.objects.filter(kind="account", recipient=recipient).latest("written_at").context
    return facts["headline"], " ".join(facts["body"].split()), facts.get("url")


@pytest.fixture(autouse=True)
def _ours(settings):
    settings.AIRLINE_NAME = "Kestrel Air"
    settings.SITE_URL = "https://fly.example.com"


def test_who_signs_up_is_asked_to_confirm_the_address(client):
    client.post("/accounts/signup/", NEW)

    headline, body, link = told("zoe@example.com")
    mail = render(Message.objects.get(kind="account", recipient="zoe@example.com"))
    assert headline == "Confirm your email address"
    assert body.startswith("Somebody, most likely you, gave this address to Kestrel Air. Confirm that it is yours")
    assert "/accounts/confirm-email/" in link
    assert f'href="{link}"' in mail.html
    assert f"Yes, confirm it: {link}" in " ".join(mail.text.split())


def test_a_forgotten_password_leads_to_a_new_one(client, traveller):
    client.post("/accounts/password/reset/", {"email": traveller.email})

    headline, body, link = told(traveller.email)
    assert headline == "Forgotten password"
    assert "wants a new password for your account at Kestrel Air" in body
    assert "/accounts/password/reset/key/" in link


def test_an_address_that_has_no_account_is_named(client):
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert "an account with email nobody@example.com. However" in told("nobody@example.com")[1]
