from celery import shared_task
from django.utils import timezone

from notifications.services.delivery import deliver_due
from notifications.services.outbox import begin_round


@shared_task
def deliver_messages() -> int:
    """Send what is due; returns how many messages were sent."""
    begin_round()
    return deliver_due(now=timezone.now())
