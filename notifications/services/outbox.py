"""Telling people things: written in the transaction that causes them, delivered after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery import current_app
from django.core.cache import cache
from django.db import transaction

from notifications.models import Message

WOKEN, ROUND_SECONDS = "notifications.woken", 20
"""Set from the call that wakes a worker until one begins, and no longer than until the next round."""
MOMENT = 1
"""Seconds in which messages gather, so that a busy hour has one delivery a second and not one a message."""


def tell(*, kind: str, subject: str, recipient: str, context: Mapping[str, Any], now: datetime) -> None:
    """Put one message into the outbox of the running transaction; a second with the same kind, subject and
    recipient is the same message and changes nothing.

    `kind` names the templates below `templates/notifications/mail/`; `context` holds plain JSON facts.
    """
    message = Message(kind=kind, subject=subject, recipient=recipient, context=context, written_at=now, due_at=now)
    Message.objects.bulk_create([message], ignore_conflicts=True)
    transaction.on_commit(_wake_workers, robust=True)


def _wake_workers() -> None:
    """Deliver in a moment instead of at the next round; where the broker is away, the round delivers.

    A worker that was called and has not begun will find this message too: one call is enough for many.
    """
    if cache.add(WOKEN, 1, timeout=ROUND_SECONDS):
        current_app.send_task("notifications.tasks.deliver_messages", countdown=MOMENT, expires=60)


def begin_round() -> None:
    """Messages written from now on wake a worker again."""
    cache.delete(WOKEN)
