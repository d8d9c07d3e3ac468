"""The inbox on our pages."""

from datetime import datetime

from flights_project.gateway.models import User
from notifications.models import Message
from notifications.querysets import MessageQuerySet

COUNTED_TO = 99
"""Beyond this nobody counts."""


def unread_count(reader: User) -> int:
    """How many messages wait to be read, at most `COUNTED_TO`."""
    return Message.objects.inbox_of(reader).unread().order_by()[:COUNTED_TO].count()


def mark_read(*, messages: MessageQuerySet, now: datetime) -> int:
    """Returns how many of them were unread."""
    return messages.unread().update(read_at=now)
