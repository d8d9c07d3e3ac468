"""Sends what is due, each message once.

A worker leases messages in a short transaction (`SKIP LOCKED`, so that workers never wait for each other), sends
outside of it, and records each. A worker that dies leaves its lease to run out; what it had sent and not recorded is
sent a second time with the same Message-ID, by which mail programs show it once.
"""

import random
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Self

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F

from notifications.channels import Channel, Undeliverable, channel_for
from notifications.kinds import Way
from notifications.models import Attempt, Message
from notifications.querysets import MessageQuerySet

log = structlog.get_logger(__name__)

BATCH = 20
LEASE = timedelta(minutes=1)
"""From the beginning of a round, and longer than the task lives that it runs in (`tasks.deliver_messages`)."""
TRIES_AT_MOST = 10
"""With the waits between them, most of a day."""
FIRST_WAIT = timedelta(minutes=1)
JITTER = (0.75, 1.25)
"""A wait is stretched or shortened by as much, so that what failed together does not come back together."""


class Couriers:
    """The channels that a batch needs, each opened when its first message comes and closed with the batch."""

    def __init__(self) -> None:
        self._open: dict[str, Channel] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def send(self, message: Message) -> None:
        """By the message's channel. Raises whatever that raises."""
        if message.way not in self._open:
            self._open[message.way] = self._stack.enter_context(channel_for(message.way)())
        self._open[message.way].send(message)


def deliver_due(*, now: datetime, seconds: float | None = None) -> int:
    """Send every message that is due, or as many as fit into so many `seconds`; returns how many were sent."""
    sent, ends = 0, None if seconds is None else time.monotonic() + seconds
    while (ends is None or time.monotonic() < ends) and (messages := lease(now=now)):
        with Couriers() as couriers:
            for done, message in enumerate(messages):
                if ends is not None and time.monotonic() > ends:
                    _hand_back(messages[done:], now)
                    break
                sent += _deliver(message, couriers, now)
    return sent


@transaction.atomic
def lease(*, now: datetime) -> list[Message]:
    """Up to a batch of due messages that no other worker has, ours for the length of the lease."""
    messages = list(Message.objects.due(now).select_for_update(skip_locked=True)[:BATCH])
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(due_at=now + LEASE, tries=F("tries") + 1)
    for message in messages:
        message.tries += 1
    return messages


def _hand_back(messages: list[Message], now: datetime) -> None:
    """What was leased and not tried is there for the next worker."""
    leased = Message.objects.filter(pk__in=[message.pk for message in messages], status=Message.Status.WAITING)
    leased.update(due_at=now, tries=F("tries") - 1)


def _deliver(message: Message, couriers: Couriers, now: datetime) -> bool:
    if message.useful_until is not None and message.useful_until <= now:
        _record(message, status=Message.Status.LAPSED)
        return False
    try:
        couriers.send(message)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one message, the others are sent
        _put_off(message, error, now)
        return False
    with transaction.atomic():
        _record(message, status=Message.Status.SENT, sent_at=now, last_error="")
        _note_attempt(message, now)
    return True


def _put_off(message: Message, error: Exception, now: datetime) -> None:
    """Try again later, twice as long each time; after the last try, or where none can help, staff see it among the
    given up.

    A mail server's refusal quotes the recipient, so that the log has its kind alone and the message its words.
    """
    give_up = message.tries >= TRIES_AT_MOST or isinstance(error, Undeliverable)
    log.warning(
        "message_not_sent", message=str(message.pk), tries=message.tries, gave_up=give_up, error=type(error).__name__
    )
    with transaction.atomic():
        _record(
            message,
            status=Message.Status.DEAD if give_up else Message.Status.WAITING,
            due_at=now + wait_after(message.tries),
            last_error=str(error) if isinstance(error, Undeliverable) else repr(error),
        )
        _note_attempt(message, now, error)


def wait_after(tries: int) -> timedelta:
    """How long a message that was tried so often waits."""
    stretched: timedelta = FIRST_WAIT * 2 ** (tries - 1) * random.uniform(*JITTER)  # noqa: S311 -- no secret
    return stretched


def _record(message: Message, **fate: object) -> None:
    Message.objects.filter(pk=message.pk, status=Message.Status.WAITING).update(**fate)


def _note_attempt(message: Message, now: datetime, error: Exception | None = None) -> None:
    Attempt.objects.create(message=message, number=message.tries, tried_at=now, error=repr(error) if error else "")


def try_again(*, messages: MessageQuerySet, now: datetime) -> int:
    """Send what was given up, dismissed, held back or came too late once more, from the first try; returns how many
    there were."""
    status = Message.Status
    ended = messages.filter(status__in=(status.DEAD, status.DISMISSED, status.LAPSED, status.WITHHELD))
    return ended.update(status=Message.Status.WAITING, due_at=now, tries=0, useful_until=None)


def dismiss(*, messages: MessageQuerySet) -> int:
    """Staff have seen to what was given up; returns how many there were."""
    return messages.filter(status=Message.Status.DEAD).update(status=Message.Status.DISMISSED)


def resend(*, messages: MessageQuerySet, now: datetime) -> int:
    """Send what was sent another time, as a copy of its own: its Message-ID is another, so that it shows. Returns how
    many there were; what stands in an inbox stays there."""
    sent = messages.filter(status=Message.Status.SENT).exclude(way=Way.INBOX)
    return sent.update(status=Message.Status.WAITING, due_at=now, tries=0, copy=F("copy") + 1, useful_until=None)
