from celery import shared_task
from django.utils import timezone

from notifications.models import Message
from notifications.services import events
from notifications.services.delivery import deliver_due
from notifications.services.outbox import DELIVERY
from notifications.services.webhook_delivery import deliver_due as deliver_webhooks_due

ROUND_LASTS = 10
"""Seconds, after which other tasks have their turn."""
ROUND_IS_LEFT, ROUND_IS_ENDED = 45, 55
"""Seconds that the slowest mail server can stretch it to. What a round had leased is another's after a minute."""
WEBHOOK_ROUND_LASTS = 40
"""Seconds, likewise; the slowest receiver then still has its time to answer."""


@shared_task(soft_time_limit=ROUND_IS_LEFT, time_limit=ROUND_IS_ENDED)
def deliver_messages() -> int:
    """Send what is due, the most urgent first; returns how many messages were sent. What does not fit into a round
    is left to another, which is called for at once."""
    DELIVERY.is_answered()
    sent = deliver_due(now=timezone.now(), seconds=ROUND_LASTS)
    if Message.objects.due(timezone.now()).exists():
        DELIVERY.out()
    return sent


@shared_task
def deliver_webhooks() -> int:
    """Number new events and send webhooks that are due; returns how many were answered well."""
    return deliver_webhooks_due(seconds=WEBHOOK_ROUND_LASTS)


@shared_task
def forget_events() -> int:
    """Delete events that are older than they are kept, with their deliveries; returns how many rows."""
    return events.forget(now=timezone.now())
