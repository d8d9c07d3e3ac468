"""Delivery to a real mail server, which accepts, refuses, hesitates and hangs up."""

import asyncio
from email.policy import default

import pytest

from notifications.models import Attempt, Message
from notifications.services.delivery import FIRST_WAIT, deliver_due, resend, try_again
from notifications.services.outbox import tell
from notifications.tests.smtp_server import MailServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    with MailServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 5
        yield running


@pytest.fixture
def write(now):
    def write(recipient="asha@example.com", subject="welcome"):
        context = {"headline": "Grüße", "body": "Good that you are here: नमस्ते"}
        tell(kind="account", subject=subject, recipient=recipient, context=context, now=now)
        return Message.objects.get(subject=subject, recipient=recipient)

    return write


def fate(message):
    message.refresh_from_db()
    return message.status, message.tries


def test_a_mail_arrives_as_it_was_written(server, write, now):
    message = write()

    assert deliver_due(now=now) == 1

    [mail] = server.mails
    assert mail["Message-ID"] == f"<{message.pk}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_payload()
    assert "नमस्ते" in plain.get_payload(decode=True).decode()
    assert html.get_content_type() == "text/html"
    assert default.header_factory("Subject", mail["Subject"]) == "Grüße"
    assert fate(message) == ("sent", 1)


def test_who_does_not_exist_is_given_up_at_once_and_the_others_are_not(server, write, now):
    server.unknown.add("nobody@example.com")
    refused, sent = write("nobody@example.com"), write("asha@example.com")

    assert deliver_due(now=now) == 1

    assert fate(refused) == ("dead", 1)
    assert "550" in refused.last_error
    assert fate(sent) == ("sent", 1)


@pytest.mark.parametrize(("reply", "status"), [("451 4.3.0 try again later", "waiting"), ("554 5.7.1 spam", "dead")])
def test_a_server_that_refuses_a_mail_says_whether_for_ever(server, write, now, reply, status):
    server.misbehave = lambda recipient: reply
    message = write()

    assert deliver_due(now=now) == 0

    assert fate(message) == (status, 1)
    server.misbehave = lambda recipient: None
    assert deliver_due(now=message.due_at) == (1 if status == "waiting" else 0)


def test_a_server_that_hangs_up_costs_one_mail_a_try_and_the_others_nothing(server, write, now):
    server.hangs_up_on.add("second@example.com")
    for name in ("first", "second", "third"):
        write(f"{name}@example.com")

    assert deliver_due(now=now) == 2

    waiting = Message.objects.get(recipient="second@example.com")
    assert fate(waiting) == ("waiting", 1)
    assert deliver_due(now=waiting.due_at) == 1
    assert sorted(server.recipients) == ["first@example.com", "second@example.com", "third@example.com"]


def test_a_server_that_hesitates_is_left_and_asked_again(server, write, now, settings):
    settings.EMAIL_TIMEOUT = 0.2
    impatience = asyncio.Event()

    async def hesitate(self, server, session, envelope):
        await impatience.wait()
        return "250 at last"

    real = MailServer.handle_DATA
    server._controller.handler.__class__.handle_DATA = hesitate
    message = write()
    try:
        assert deliver_due(now=now) == 0
    finally:
        MailServer.handle_DATA = real
        server._controller.loop.call_soon_threadsafe(impatience.set)
    assert fate(message) == ("waiting", 1)
    assert "imed out" in message.last_error

    settings.EMAIL_TIMEOUT = 5
    assert deliver_due(now=message.due_at) == 1


def test_no_server_at_all_loses_nothing(server, write, now, settings):
    settings.EMAIL_PORT = 1
    messages = [write(f"{n}@example.com") for n in range(3)]

    assert deliver_due(now=now) == 0
    assert {fate(message) for message in messages} == {("waiting", 1)}

    settings.EMAIL_PORT = server.port
    assert deliver_due(now=now + 2 * FIRST_WAIT) == 3


def test_every_try_is_on_record(server, write, now):
    server.misbehave = lambda recipient: "451 later"
    message = write()
    deliver_due(now=now)
    message.refresh_from_db()
    server.misbehave = lambda recipient: None
    deliver_due(now=message.due_at)

    first, second = Attempt.objects.filter(message=message)
    assert (first.number, "451" in first.error, first.tried_at) == (1, True, now)
    assert (second.number, second.error) == (2, "")


def test_what_a_worker_sent_and_could_not_record_comes_again_as_the_same_mail(server, write, now):
    message = write()
    deliver_due(now=now)
    Message.objects.update(status="waiting", sent_at=None, due_at=now)  # as the worker that died has left it

    deliver_due(now=now)

    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"] == f"<{message.pk}@localhost>"


def test_a_copy_that_staff_send_is_another_mail(server, write, now):
    message = write()
    deliver_due(now=now)

    assert resend(messages=Message.objects.all(), now=now) == 1
    deliver_due(now=now)

    first, second = server.mails
    assert second["Message-ID"] == f"<{message.pk}.1@localhost>" != first["Message-ID"]


def test_what_was_given_up_goes_out_once_staff_say_so(server, write, now):
    server.unknown.add("asha@example.com")
    message = write()
    deliver_due(now=now)
    server.unknown.clear()

    assert deliver_due(now=now) == 0
    assert try_again(messages=Message.objects.all(), now=now) == 1
    assert deliver_due(now=now) == 1
    assert fate(message) == ("sent", 1)
