"""Mail about accounts: allauth's words, with whom and whose site they name."""

import pytest

from conftest import PASSWORD
from notifications.models import Message

pytestmark = pytest.mark.django_db

NEW = {"first_name": "Zoë", "last_name": "Rao", "email": "zoe@example.com", "password1": PASSWORD}


def told(recipient):
    facts = Message.objects.filter(kind="account", recipient=recipient).latest("written_at").context
    return facts["headline"], " ".join(facts["body"].split())


@pytest.fixture(autouse=True)
def _ours(settings):
    settings.AIRLINE_NAME = "Kestrel Air"
    settings.SITE_URL = "https://fly.example.com"


def test_who_signs_up_is_asked_to_confirm_the_address(client):
    client.post("/accounts/signup/", NEW)

    headline, body = told("zoe@example.com")
    assert headline == "Confirm your email address"
    assert body.startswith("Hello from Kestrel Air! You're receiving this email because user zoe@example.com has given")
    assert "register an account on fly.example.com. To confirm this is correct, go to http" in body
    assert body.endswith("Thank you for using Kestrel Air! fly.example.com")


def test_a_forgotten_password_leads_to_a_new_one(client, traveller):
    client.post("/accounts/password/reset/", {"email": traveller.email})

    headline, body = told(traveller.email)
    assert headline == "Forgotten password"
    assert "/accounts/password/reset/key/" in body


def test_an_address_that_has_no_account_is_named(client):
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert "an account with email nobody@example.com. However" in told("nobody@example.com")[1]
