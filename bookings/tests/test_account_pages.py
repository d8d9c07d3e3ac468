"""allauth's pages in our words and looks: each in each of its states."""

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from airlines.tests.reading import read
from conftest import PASSWORD
from notifications.models import Message

pytestmark = pytest.mark.django_db

NEW = "another long passphrase"


@pytest.fixture
def confirmed(traveller):
    """A browser in which the traveller has just said the password."""
    client = Client()
    client.post("/accounts/login/", {"login": traveller.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def words(client, path):
    answer = client.get(path, follow=True)
    assert answer.status_code == 200
    return read(answer).words


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("password/reset/", "Forgotten password"),
        ("password/reset/done/", "Look into your mail"),
        ("password/reset/key/1-set-password/", "This link does not work any more"),
        ("password/reset/key/done/", "Your password is changed"),
        ("confirm-email/nonsense/", "This link does not work any more"),
        ("inactive/", "This account is closed"),
    ],
)
def test_pages_on_the_way_in(client, path, heading):
    assert heading in words(client, f"/accounts/{path}")


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("email/", "Email addresses"),
        ("password/change/", "A new password logs out all your other devices."),
        ("2fa/", "A password can be guessed or stolen."),
        ("2fa/totp/activate/", "Scan this picture with your authenticator app."),
        ("2fa/webauthn/", "No passkey yet."),
        ("2fa/webauthn/add/", "Your browser asks for your finger, your face or your security key."),
        ("reauthenticate/", "Is it you?"),
    ],
)
def test_pages_of_the_account(confirmed, path, heading):
    assert heading in words(confirmed, f"/accounts/{path}")


def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(client, traveller):
    client.post("/accounts/password/reset/", {"email": traveller.email})
    link = Message.objects.get(kind="account").context["url"]
    form = client.get(link, follow=True)
    assert "New password" in read(form).words
    mistyped = client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": "x"})
    assert "There is a problem" in read(mistyped).words

    client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})

    traveller.refresh_from_db()
    assert traveller.check_password(NEW)


def test_an_address_is_added_confirmed_made_the_main_one_and_the_old_removed(confirmed, traveller):
    address = {"email": "asha@work.example.com"}
    confirmed.post("/accounts/email/", address | {"action_add": ""})
    assert "asha@work.example.com Not confirmed" in words(confirmed, "/accounts/email/")
    key = EmailConfirmationHMAC(EmailAddress.objects.get(**address)).key
    assert "Is asha@work.example.com yours?" in words(confirmed, f"/accounts/confirm-email/{key}/")

    confirmed.post(f"/accounts/confirm-email/{key}/")
    old = traveller.email
    confirmed.post("/accounts/email/", address | {"action_primary": ""})
    confirmed.post("/accounts/email/", {"email": old, "action_remove": ""})

    traveller.refresh_from_db()
    assert traveller.email == "asha@work.example.com"
    assert "asha@work.example.com Main address Confirmed" in words(confirmed, "/accounts/email/")


def test_the_app_and_its_recovery_codes(confirmed, traveller):
    confirmed.get("/accounts/2fa/totp/activate/")
    secret = confirmed.session[totp.SECRET_SESSION_KEY]
    wrong = confirmed.post("/accounts/2fa/totp/activate/", {"code": "000000x"})
    assert "There is a problem" in read(wrong).words
    code = totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))

    shown = confirmed.post("/accounts/2fa/totp/activate/", {"code": code}, follow=True)

    codes = RecoveryCodes(Authenticator.objects.get(user=traveller, type="recovery_codes")).get_unused_codes()
    assert codes[0] in read(shown).words
    assert "10 codes are left." in words(confirmed, "/accounts/2fa/")
    assert "Get the file" in words(confirmed, "/accounts/2fa/recovery-codes/")
    assert "The codes that you have now open nothing any more." in words(
        confirmed, "/accounts/2fa/recovery-codes/generate/"
    )
    assert "your password alone opens the account" in words(confirmed, "/accounts/2fa/totp/deactivate/")


def test_who_has_a_second_factor_is_asked_for_it(client, traveller):
    totp.TOTP.activate(traveller, totp.generate_totp_secret())

    asked = client.post("/accounts/login/", {"login": traveller.email, "password": PASSWORD}, follow=True)

    assert "Enter the code that your authenticator app shows now" in read(asked).words
    assert "_auth_user_id" not in client.session


def test_a_passkey_is_named_renamed_and_removed(confirmed, traveller):
    key = Authenticator.objects.create(
        user=traveller, type="webauthn", data={"name": "My phone", "credential": {"clientExtensionResults": {}}}
    )
    page = f"/accounts/2fa/webauthn/keys/{key.pk}"
    assert "My phone" in words(confirmed, "/accounts/2fa/webauthn/")
    assert "My phone opens this account no more." in words(confirmed, f"{page}/remove/")

    confirmed.post(f"{page}/edit/", {"name": "Old phone"})
    assert "Old phone" in words(confirmed, "/accounts/2fa/webauthn/")
    confirmed.post(f"{page}/remove/")

    assert not Authenticator.objects.exists()
