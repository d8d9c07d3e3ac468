from celery import shared_task
from django.utils import timezone

from notifications.models import Message
from notifications.services.delivery import deliver_due
from notifications.services.outbox import begin_round, wake_workers

ROUND_LASTS = 10
"""Seconds, after which other tasks have their turn; with the slowest mail server still below a task's time limit."""


@shared_task
def deliver_messages() -> int:
    """Send what is due, the most urgent first; returns how many messages were sent. What does not fit into a round
    is left to another, which is called for at once."""
    begin_round()
    sent = deliver_due(now=timezone.now(), seconds=ROUND_LASTS)
    if Message.objects.due(timezone.now()).exists():
        wake_workers()
    return sent
