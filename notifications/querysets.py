from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from flights_project.gateway.models import User

if TYPE_CHECKING:
    from notifications.models import (  # noqa: F401 -- the querysets' parameters
        Event,
        Message,
        WebhookDelivery,
        WebhookEndpoint,
    )


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> Self:
        """What can be sent now, the most urgent first."""
        return self.filter(status=self.model.Status.WAITING, due_at__lte=now).order_by("urgency", "due_at")

    def inbox_of(self, reader: User) -> Self:
        """What somebody reads on our pages, the newest first."""
        return self.filter(reader=reader).order_by("-written_at")

    def unread(self) -> Self:
        return self.filter(read_at=None)


class EventQuerySet(models.QuerySet["Event"]):
    def unnumbered(self) -> Self:
        return self.filter(sequence=None)

    def of(self, owner: User) -> Self:
        """An integrator's numbered events, in their order."""
        return self.filter(owner=owner, sequence__isnull=False).order_by("sequence")


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def of(self, owner: User) -> Self:
        """Somebody's own endpoints: the only ones that they may know of."""
        return self.filter(owner=owner)

    def enabled(self) -> Self:
        return self.filter(status=self.model.Status.ENABLED)

    def to_serve(self, now: datetime) -> Self:
        """Those that no worker has, whoever was served longest ago first."""
        free = Q(served_until=None) | Q(served_until__lte=now)
        return self.enabled().filter(free).order_by(F("served_until").asc(nulls_first=True), "pk")


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def due(self, now: datetime) -> Self:
        return self.filter(status=self.model.Status.WAITING, due_at__lte=now).order_by("due_at")
