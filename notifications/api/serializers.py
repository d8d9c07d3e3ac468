"""Events and webhooks on the wire."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from flights_project.gateway.api.bodies import ModelBody
from flights_project.gateway.api.fields import WholeNumberField
from notifications.models import EventType, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notifications.models.webhooks import URL_LENGTH
from notifications.services.webhooks import change_endpoint, create_endpoint, secrets_of


class EventSerializer(serializers.Serializer[Any]):
    """What happened, as it is also the body of a webhook. Read the booking for more: nothing personal is in here."""

    id = serializers.UUIDField(help_text="The same here, in `webhook-id` and with every repetition.")
    type = serializers.ChoiceField(choices=EventType.choices)
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    sequence = serializers.IntegerField(help_text="1, 2, 3, … without gaps: by it you see what you missed.")
    data = serializers.DictField(  # type: ignore[assignment]  # a declared field is none of its class's attributes
        help_text="`locator`, `status` and `total` of the booking, and what the type adds."
    )


class EventPageSerializer(serializers.Serializer[Any]):
    results = EventSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text="Null where there are no more for now.")
    previous = serializers.URLField(allow_null=True, help_text="Always null: a log is read forwards.")


class EventQuerySerializer(serializers.Serializer[Any]):
    """What `GET events/` can be asked."""

    after = WholeNumberField(
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        help_text="The `sequence` of the last event that you have; left out, everything that is kept.",
    )
    page_size = WholeNumberField(min_value=1, max_value=100, default=50, help_text="Things on a page.")


class WebhookEndpointSerializer(ModelBody[WebhookEndpoint]):
    """`status`: you set `enabled` or `paused`; we set `gone` after a 410, and `failing` after 72 hours of failure."""

    url = serializers.URLField(max_length=URL_LENGTH, help_text="https on the public internet.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EventType.choices), min_length=1, max_length=len(EventType)
    )
    status = serializers.ChoiceField(choices=WebhookEndpoint.Status.choices, read_only=True)

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "url",
            "description",
            "events",
            "status",
            "failing_since",
            "previous_secret_until",
            "created_at",
        ]
        read_only_fields = ["id", "failing_since", "previous_secret_until", "created_at"]

    def create(self, validated_data: dict[str, Any]) -> WebhookEndpoint:
        return create_endpoint(owner=self.context["request"].user, **validated_data)

    def update(self, instance: WebhookEndpoint, validated_data: dict[str, Any]) -> WebhookEndpoint:
        return change_endpoint(endpoint=instance, **validated_data)


class WebhookChangeSerializer(WebhookEndpointSerializer):
    status = serializers.ChoiceField(choices=["enabled", "paused"])


class WebhookSecretSerializer(WebhookEndpointSerializer):
    """The endpoint with its secret, which verifies its webhooks by any library of Standard Webhooks."""

    secret = serializers.SerializerMethodField(help_text="`whsec_…`: keep it, it is not shown again.")

    class Meta(WebhookEndpointSerializer.Meta):
        fields = [*WebhookEndpointSerializer.Meta.fields, "secret"]

    def get_secret(self, endpoint: WebhookEndpoint) -> str:
        return secrets_of(endpoint, timezone.now())[0]


class WebhookAttemptSerializer(serializers.ModelSerializer[WebhookAttempt]):
    class Meta:
        model = WebhookAttempt
        fields = ["at", "status_code", "error", "milliseconds"]


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One event on its way to one endpoint, with every try so far."""

    type = serializers.CharField(source="payload.type", help_text="Of the event; `ping` for a test.")
    message_id = serializers.CharField(source="payload.id", help_text="Sent as `webhook-id`.")
    next_try_at = serializers.SerializerMethodField()
    attempts = WebhookAttemptSerializer(many=True)

    class Meta:
        model = WebhookDelivery
        fields = ["id", "type", "message_id", "status", "created_at", "next_try_at", "delivered_at", "attempts"]

    def get_next_try_at(self, delivery: WebhookDelivery) -> str | None:
        waits = delivery.status == WebhookDelivery.Status.WAITING
        return delivery.due_at.isoformat().replace("+00:00", "Z") if waits else None
