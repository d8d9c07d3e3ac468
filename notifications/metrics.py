"""What waits to be told, read when Prometheus asks."""

from django.utils import timezone

from flights_project.lib.metrics import read_at_scrape
from notifications.models import Message, WebhookDelivery, WebhookEndpoint


@read_at_scrape("flights_outbox_age_seconds", "How long the message that should have gone first has been due.")
def outbox_age() -> float:
    now = timezone.now()
    due_at = Message.objects.due(now).order_by("due_at").values_list("due_at", flat=True).first()
    return (now - due_at).total_seconds() if due_at else 0


@read_at_scrape("flights_outbox_waiting", "Messages that wait to be sent, now or later.")
def outbox_waiting() -> float:
    return Message.objects.filter(status=Message.Status.WAITING).count()


@read_at_scrape("flights_webhook_backlog", "Webhooks that wait to be sent, now or later.")
def webhook_backlog() -> float:
    return WebhookDelivery.objects.filter(status=WebhookDelivery.Status.WAITING).count()


@read_at_scrape("flights_webhook_age_seconds", "How long the webhook that should have gone first has been due.")
def webhook_age() -> float:
    now = timezone.now()
    due = WebhookDelivery.objects.due(now).filter(endpoint__status=WebhookEndpoint.Status.ENABLED)
    due_at = due.values_list("due_at", flat=True).first()
    return (now - due_at).total_seconds() if due_at else 0
