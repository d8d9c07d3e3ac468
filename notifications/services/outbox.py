"""Telling people things: written in the transaction that causes them, delivered after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery import current_app
from django.db import transaction

from notifications.models import Message


def tell(*, kind: str, subject: str, recipient: str, context: Mapping[str, Any], now: datetime) -> None:
    """Put one message into the outbox of the running transaction; a second with the same kind, subject and
    recipient is the same message and changes nothing.

    `kind` names the templates below `templates/notifications/mail/`; `context` holds plain JSON facts.
    """
    message = Message(kind=kind, subject=subject, recipient=recipient, context=context, written_at=now, due_at=now)
    Message.objects.bulk_create([message], ignore_conflicts=True)
    transaction.on_commit(_wake_workers, robust=True)


def _wake_workers() -> None:
    """Deliver now instead of at the next round; where the broker is away, the round delivers."""
    current_app.send_task("notifications.tasks.deliver_messages", expires=60)
