"""The desk's pages for what people and programs are told."""

from notifications.admin.messages import MessageAdmin
from notifications.admin.refusals import RefusalAdmin
from notifications.admin.webhooks import EventAdmin, WebhookDeliveryAdmin, WebhookEndpointAdmin

__all__ = ["EventAdmin", "MessageAdmin", "RefusalAdmin", "WebhookDeliveryAdmin", "WebhookEndpointAdmin"]
