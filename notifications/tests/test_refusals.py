"""Who does not want which messages: one click in a mail, or the choices of an account."""

import pytest
from django.core import mail
from django.test import Client

from notifications.models import Message, Refusal
from notifications.services.delivery import deliver_due
from notifications.services.outbox import tell
from notifications.services.refusals import stop_url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def alert(now, monkeypatch):
    """An alert that a price fell, written in words of an account mail: what counts here is its kind."""
    monkeypatch.setattr("notifications.services.rendering.render_to_string", lambda name, context: PAGE)

    def write(subject="alert 1", recipient="asha@example.com", reader=None, **context):
        tell(kind="price_alert", subject=subject, recipient=recipient, context=context, now=now, reader=reader)
        return Message.objects.filter(subject=subject).first()

    return write


PAGE = "<html><head><title>Cheaper</title></head><body><p>DEL to BOM costs less.</p></body></html>"


def path_of(url):
    return url.partition("localhost:8000")[2]


def test_mail_about_no_booking_carries_the_one_click_stop(alert, now):
    alert()
    deliver_due(now=now)

    [sent] = mail.outbox
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.extra_headers["List-Unsubscribe"].startswith("<http://localhost:8000/messages/stop/")


def test_mail_about_an_account_carries_none(now):
    tell(kind="account", subject="a", recipient="a@example.com", context={"headline": "A", "body": "B"}, now=now)
    deliver_due(now=now)

    assert "List-Unsubscribe" not in mail.outbox[0].extra_headers


def test_one_click_needs_no_login_and_no_cookie_and_stops_the_kind_at_the_address(alert):
    """As a mail program sends it (RFC 8058): a POST from nowhere, which a check of forgery would refuse."""
    url = path_of(stop_url(alert()))
    program = Client(enforce_csrf_checks=True)

    assert program.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert program.post(url, {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert alert("alert 2") is None
    assert alert("alert 3", recipient="dev@example.com") is not None


def test_following_the_link_stops_nothing_before_somebody_says_so(alert, client):
    page = client.get(path_of(stop_url(alert())))

    assert "Stop these messages?" in page.content.decode()
    assert not Refusal.objects.exists()


@pytest.mark.parametrize("token", ["nonsense", "a:b:c", "%00"])
def test_a_link_that_is_none_of_ours_is_not_there(client, token):
    assert client.post(f"/messages/stop/{token}/").status_code == 404


def test_who_writes_may_name_something_smaller_to_stop(alert):
    assert (
        stop_url(alert(stop_url="https://fly.example.com/alerts/7/stop/")) == "https://fly.example.com/alerts/7/stop/"
    )


def test_a_refused_mail_still_stands_in_the_inbox(alert, traveller):
    Refusal.objects.create(kind="price_alert", recipient=traveller.email)

    message = alert(recipient=traveller.email, reader=traveller)

    assert (message.way, message.status, message.reader) == ("inbox", "sent", traveller)


class TestChoices:
    def test_each_kind_can_be_chosen_by_channel(self, page_of, traveller, alert):
        page = page_of(traveller)
        assert "Prices that you watch" in page.get("/messages/choices/").content.decode()

        answer = page.post("/messages/choices/", {"language": "en", "price_alert-inbox": "on"})

        assert answer.status_code == 302
        assert Refusal.objects.filter(kind="price_alert", recipient=traveller.email).exists()
        assert Refusal.objects.filter(kind="flight_reminder").count() == 2
        assert alert(recipient=traveller.email, reader=traveller).way == "inbox"

    def test_what_was_refused_can_be_wanted_again(self, page_of, traveller):
        Refusal.objects.create(kind="price_alert", recipient=traveller.email)

        page_of(traveller).post("/messages/choices/", {"language": "hi", "price_alert-email": "on"})

        assert not Refusal.objects.filter(kind="price_alert", recipient=traveller.email).exists()
        traveller.refresh_from_db()
        assert traveller.language == "hi"

    def test_an_unknown_language_is_refused_by_name_and_changes_nothing(self, page_of, traveller):
        page = page_of(traveller).post("/messages/choices/", {"language": "tlh"}).content.decode()

        assert "Select a valid choice. tlh" in page
        assert not Refusal.objects.exists()

    def test_strangers_are_asked_to_log_in(self, client):
        assert client.get("/messages/choices/").status_code == 302
