"""Events and webhooks: each integrator's own, and nobody else's."""

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param

from flights_project.gateway.api.resources import SparseFields
from flights_project.gateway.models import User
from flights_project.gateway.pagination import CursorPages
from flights_project.gateway.permissions import HasScope, IsIntegrator
from notifications.api.filters import EventFilter, WebhookDeliveryFilter, WebhookEndpointFilter
from notifications.api.serializers import (
    EventPageSerializer,
    EventQuerySerializer,
    EventSerializer,
    WebhookChangeSerializer,
    WebhookDeliverySerializer,
    WebhookEndpointSerializer,
    WebhookSecretSerializer,
)
from notifications.models import Event, WebhookDelivery, WebhookEndpoint
from notifications.querysets import WebhookDeliveryQuerySet, WebhookEndpointQuerySet
from notifications.services import webhooks
from notifications.services.events import events_after


class NewestFirst(CursorPages):
    ordering = ("-created_at", "-pk")


class EventsView(SparseFields):
    """What happened to your bookings, in order: read on from the `sequence` of the last event that you have.

    Nothing is skipped, and webhooks carry the same events. They are kept for 30 days; reading on from an older one is
    410 `events_forgotten` with what to ask next.
    """

    permission_classes = (IsAuthenticated, IsIntegrator, HasScope)
    required_scope = "events"
    queryset = Event.objects.none()
    serializer_class = EventSerializer
    filterset_class = EventFilter
    parameters = frozenset({"after", "page_size", "type"})

    @extend_schema(parameters=[EventQuerySerializer], responses=EventPageSerializer)
    def get(self, request: Request) -> Response:
        asked = EventQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        size = asked.validated_data["page_size"]
        events = events_after(
            owner=cast("User", request.user), sequence=asked.validated_data.get("after"), now=timezone.now()
        )
        page = list(self.filter_queryset(events)[: size + 1])
        shown, has_more = page[:size], len(page) > size
        url = request.build_absolute_uri()
        following = replace_query_param(url, "after", str(shown[-1].sequence)) if has_more else None
        results = [event.payload for event in shown]
        return Response({"results": results, "next": following, "previous": None})


class IntegratorsOwn(SparseFields):
    """What webhooks need: a key reads with the scope `events` and changes with `manage`."""

    permission_classes = (IsAuthenticated, IsIntegrator, HasScope)

    @property
    def required_scope(self) -> str:
        return "events" if self.request.method in SAFE_METHODS else "manage"

    @property
    def endpoints(self) -> WebhookEndpointQuerySet:
        return WebhookEndpoint.objects.of(cast("User", self.request.user))


@extend_schema_view(
    create=extend_schema(responses={201: WebhookSecretSerializer}),
    partial_update=extend_schema(request=WebhookChangeSerializer, responses=WebhookEndpointSerializer),
)
class WebhookEndpointViewSet(
    IntegratorsOwn,
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[WebhookEndpoint],
):
    """Addresses that chosen events are sent to, signed as Standard Webhooks say, until one is answered by 2xx."""

    queryset = WebhookEndpoint.objects.none()
    filterset_class = WebhookEndpointFilter
    pagination_class = NewestFirst
    lookup_value_regex = "[0-9a-f-]{36}"

    def get_queryset(self) -> WebhookEndpointQuerySet:
        return self.endpoints

    def get_serializer_class(self) -> type[BaseSerializer[WebhookEndpoint]]:
        return {"create": WebhookSecretSerializer, "partial_update": WebhookChangeSerializer}.get(
            self.action, WebhookEndpointSerializer
        )

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the address, the events or the description; pause the endpoint, or enable it again."""
        asked = self.get_serializer(self.get_object(), data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        asked.save()
        return Response(asked.data)

    @extend_schema(request=None, responses=WebhookSecretSerializer)
    @action(methods=["post"], detail=True, url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Make a new secret. Until `previous_secret_until` the one before signs too."""
        endpoint = webhooks.rotate_secret(endpoint=self.get_object(), now=timezone.now())
        return Response(WebhookSecretSerializer(endpoint).data)

    @extend_schema(request=None, responses={201: WebhookDeliverySerializer})
    @action(methods=["post"], detail=True)
    def ping(self, request: Request, pk: str) -> Response:
        """Send a test, of type `ping`; its delivery says how it was answered."""
        delivery = webhooks.ping(endpoint=self.get_object(), now=timezone.now())
        return Response(WebhookDeliverySerializer(delivery).data, status=status.HTTP_201_CREATED)


class WebhookDeliveryViewSet(
    IntegratorsOwn, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[WebhookDelivery]
):
    """The log of an endpoint: what was sent, and how each try was answered."""

    queryset = WebhookDelivery.objects.none()
    serializer_class = WebhookDeliverySerializer
    filterset_class = WebhookDeliveryFilter
    pagination_class = NewestFirst
    lookup_url_kwarg = "delivery"
    lookup_value_regex = "[0-9a-f-]{36}"

    def get_queryset(self) -> WebhookDeliveryQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return WebhookDelivery.objects.none()
        endpoint = get_object_or_404(self.endpoints, pk=self.kwargs["endpoint"])
        return (
            WebhookDelivery.objects.filter(endpoint=endpoint)
            .select_related("event", "endpoint")
            .prefetch_related("attempts")
        )

    @extend_schema(request=None, responses=WebhookDeliverySerializer)
    @action(methods=["post"], detail=True)
    def redeliver(self, request: Request, endpoint: str, delivery: str) -> Response:
        """Send a delivery once more, whatever became of it, and try for another 72 hours."""
        waiting = webhooks.redeliver(delivery=self.get_object(), now=timezone.now())
        return Response(self.get_serializer(waiting).data)
