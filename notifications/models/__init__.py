"""What people and programs are told."""

from notifications.models.events import Event, EventLog, EventType
from notifications.models.messages import Attempt, KeptMail, Message
from notifications.models.refusals import Refusal
from notifications.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Attempt",
    "Event",
    "EventLog",
    "EventType",
    "KeptMail",
    "Message",
    "Refusal",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
