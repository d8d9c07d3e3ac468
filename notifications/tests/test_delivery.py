"""Told once: written with what causes it, sent after it, by any number of workers."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import connection, transaction
from structlog.testing import capture_logs

from notifications.models import KeptMail, Message
from notifications.services import delivery
from notifications.services.delivery import deliver_due, lease
from notifications.services.outbox import tell
from notifications.tasks import deliver_messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(now):
    def write(subject="welcome 1", recipient="asha@example.com"):
        tell(
            kind="account",
            subject=subject,
            recipient=recipient,
            context={"headline": "Welcome", "body": "Good that you are here."},
            now=now,
        )

    return write


@pytest.fixture(autouse=True)
def _in_memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def test_a_message_is_sent_once(write, now):
    write()

    assert deliver_due(now=now) == 1
    assert deliver_due(now=now) == 0

    [sent] = mail.outbox
    message = Message.objects.get()
    assert (sent.subject, sent.to) == ("Welcome", ["asha@example.com"])
    assert "Good that you are here." in sent.body
    assert sent.extra_headers["Message-ID"].startswith(f"<{message.pk}@")
    assert (message.status, message.sent_at, message.tries) == ("sent", now, 1)


def test_the_same_thing_is_not_told_twice(write):
    write()
    write()
    write(recipient="dev@example.com")

    assert Message.objects.count() == 2


def test_what_is_rolled_back_is_not_told(write):
    with transaction.atomic():
        write()
        transaction.set_rollback(True)

    assert not Message.objects.exists()


def test_a_mail_server_that_refuses_is_tried_again_ever_more_rarely_and_given_up(write, now, monkeypatch):
    def refuses(self, *args, **kwargs):
        raise SMTPServerDisconnected("421 come back later")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuses)
    write()
    waits = []
    for _ in range(delivery.TRIES_AT_MOST):
        assert deliver_due(now=now) == 0
        message = Message.objects.get()
        waits.append((message.due_at - now).total_seconds() / 60)
        now = message.due_at

    assert all(0.75 * 2**n <= wait <= 1.25 * 2**n for n, wait in enumerate(waits))
    assert (message.status, message.last_error) == ("dead", "SMTPServerDisconnected('421 come back later')")
    assert deliver_due(now=now + timedelta(days=9)) == 0


def test_one_that_cannot_be_sent_does_not_stop_the_others(write, now, monkeypatch):
    send = mail.EmailMultiAlternatives.send

    def refuses_one(self, *args, **kwargs):
        if self.to == ["refused@example.com"]:
            raise ValueError("a fault nobody foresaw")
        return send(self, *args, **kwargs)

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", refuses_one)
    write(recipient="refused@example.com")
    write(recipient="asha@example.com")

    assert deliver_due(now=now) == 1


def test_the_lease_of_a_dead_worker_runs_out(write, now):
    write()
    assert len(lease(now=now)) == 1  # and the worker dies here

    assert deliver_due(now=now + delivery.LEASE - timedelta(seconds=1)) == 0
    assert deliver_due(now=now + delivery.LEASE) == 1


def test_a_lease_outlives_the_round_that_took_it():
    assert (deliver_messages.time_limit or math.inf) < delivery.LEASE.total_seconds()


def test_the_most_urgent_goes_first(write, now):
    write(subject="in the evening")
    Message.objects.update(urgency=2)
    write(subject="at once")

    assert [message.subject for message in lease(now=now)] == ["at once", "in the evening"]


def test_what_is_of_no_use_any_more_is_not_sent(write, now):
    write()
    Message.objects.update(useful_until=now + timedelta(hours=1))

    assert deliver_due(now=now + timedelta(hours=1)) == 0

    assert Message.objects.get().status == "lapsed"
    assert mail.outbox == []


def test_a_round_that_is_over_hands_back_what_it_has_not_tried(write, now, monkeypatch):
    for n in range(3):
        write(subject=f"welcome {n}")
    ticks = iter([0, 0, 0, 99, 99])
    monkeypatch.setattr("notifications.services.delivery.time.monotonic", lambda: next(ticks))

    assert deliver_due(now=now, seconds=10) == 1

    assert sorted(Message.objects.values_list("status", "tries")) == [("sent", 1), ("waiting", 0), ("waiting", 0)]
    assert Message.objects.due(now).count() == 2


@pytest.mark.parametrize("messages", [1, 20])
def test_leasing_costs_the_same_for_one_and_for_many(write, now, messages, django_assert_num_queries):
    for n in range(messages):
        write(subject=f"welcome {n}")

    with django_assert_num_queries(4):
        assert len(lease(now=now)) == messages


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same_message(write, now):
    """The first still holds its rows when the second looks: it neither waits nor takes them."""

    for n in range(3):
        write(subject=f"welcome {n}")

    def second_worker():
        try:
            return len(lease(now=now))
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        first = len(lease(now=now))
        second = pool.submit(second_worker).result(timeout=60)

    assert (first, second) == (3, 0)


class TestWaking:
    @pytest.fixture
    def calls(self, monkeypatch):
        calls = []
        monkeypatch.setattr("celery.current_app.send_task", lambda name, **options: calls.append(name))
        return calls

    @pytest.fixture
    def committed(self, write, django_capture_on_commit_callbacks):
        def committed(subject):
            with django_capture_on_commit_callbacks(execute=True):
                write(subject=subject)

        return committed

    def test_one_call_is_enough_for_messages_that_a_worker_has_yet_to_find(self, committed, calls):
        committed("first")
        committed("second")

        assert calls == ["notifications.tasks.deliver_messages"]

    def test_a_message_after_a_worker_has_begun_calls_again(self, committed, calls):
        committed("first")
        deliver_messages()
        committed("second")

        assert len(calls) == 2


def test_the_demo_keeps_mail_and_shows_it(write, client, now, settings):
    settings.EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"
    write()
    deliver_messages()

    kept = KeptMail.objects.get()
    assert (kept.subject, kept.to) == ("Welcome", "asha@example.com")
    assert kept.message_id.startswith(f"<{Message.objects.get().pk}@")


def test_the_log_does_not_repeat_the_address_that_was_refused(write, now, monkeypatch):
    def refuses(self, *args, **kwargs):
        raise SMTPRecipientsRefused({"asha@example.com": (550, b"no such mailbox")})

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuses)
    write()

    with capture_logs() as lines:
        deliver_due(now=now)

    assert lines[-1]["error"] == "Undeliverable"
    assert "asha" in Message.objects.get().last_error
