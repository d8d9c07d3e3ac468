import django_filters

from notifications.models import WebhookDelivery, WebhookEndpoint


class WebhookEndpointFilter(django_filters.FilterSet):
    ordering = django_filters.OrderingFilter(fields=["created_at", "url"])

    class Meta:
        model = WebhookEndpoint
        fields = ["status"]


class WebhookDeliveryFilter(django_filters.FilterSet):
    ordering = django_filters.OrderingFilter(fields=["created_at"])

    class Meta:
        model = WebhookDelivery
        fields = ["status"]
