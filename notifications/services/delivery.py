"""Sends what is due, each message once.

A worker leases messages in a short transaction (`SKIP LOCKED`, so that workers never wait for each other), sends
outside of it, and records each. A worker that dies leaves its lease to run out; what it had sent and not recorded is
sent a second time with the same Message-ID, by which mail programs show it once.
"""

from contextlib import closing
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F

from notifications.models import Message
from notifications.services.rendering import render

log = structlog.get_logger(__name__)

BATCH = 20
LEASE = timedelta(minutes=5)
"""Longer than a batch takes where every message waits for `EMAIL_TIMEOUT`."""
TRIES_AT_MOST = 10


def deliver_due(*, now: datetime) -> int:
    """Send every message that is due; returns how many were sent."""
    sent = 0
    while messages := lease(now=now):
        with closing(get_connection()) as connection:
            sent += sum(_deliver(message, connection, now) for message in messages)
    return sent


@transaction.atomic
def lease(*, now: datetime) -> list[Message]:
    """Up to a batch of due messages that no other worker has, ours for the length of the lease."""
    messages = list(Message.objects.due(now).select_for_update(skip_locked=True)[:BATCH])
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(due_at=now + LEASE, tries=F("tries") + 1)
    for message in messages:
        message.tries += 1
    return messages


def _deliver(message: Message, connection: BaseEmailBackend, now: datetime) -> bool:
    try:
        connection.open()  # once for the batch: it stays open
        _mail(message, connection).send()
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one message, the others are sent
        _put_off(message, error, now)
        return False
    Message.objects.filter(pk=message.pk, status=Message.Status.WAITING).update(
        status=Message.Status.SENT, sent_at=now, last_error=""
    )
    return True


def _put_off(message: Message, error: Exception, now: datetime) -> None:
    """Try again later, twice as long each time; after the last try staff see it among the given up.

    A mail server's refusal quotes the recipient, so that the log has its kind alone and the message its words.
    """
    give_up = message.tries >= TRIES_AT_MOST
    log.warning(
        "message_not_sent", message=str(message.pk), tries=message.tries, gave_up=give_up, error=type(error).__name__
    )
    Message.objects.filter(pk=message.pk, status=Message.Status.WAITING).update(
        status=Message.Status.DEAD if give_up else Message.Status.WAITING,
        due_at=now + timedelta(minutes=2 ** (message.tries - 1)),
        last_error=repr(error),
    )


def _mail(message: Message, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    rendered = render(message)
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    mail = EmailMultiAlternatives(
        rendered.subject,
        rendered.text,
        to=[message.recipient],
        connection=connection,
        headers={"Message-ID": f"<{message.pk}@{domain}>"},
    )
    mail.attach_alternative(rendered.html, "text/html")
    return mail
