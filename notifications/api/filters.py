import django_filters

from notifications.models import Event, EventType, WebhookDelivery, WebhookEndpoint


class EventFilter(django_filters.FilterSet):
    """A log has one order, so that nothing is missed."""

    class Meta:
        model = Event
        fields = ["type"]


class WebhookEndpointFilter(django_filters.FilterSet):
    ordering = django_filters.OrderingFilter(fields=["created_at", "url"])

    class Meta:
        model = WebhookEndpoint
        fields = ["status"]


class WebhookDeliveryFilter(django_filters.FilterSet):
    type = django_filters.ChoiceFilter(field_name="event__type", choices=EventType.choices)
    ordering = django_filters.OrderingFilter(fields=["created_at"])

    class Meta:
        model = WebhookDelivery
        fields = ["status"]
