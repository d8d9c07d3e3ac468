"""Where integrators want to be called, what they are sent, and how each try ended."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from flights_project.gateway.models import User
from notifications.models.events import Event, EventType
from notifications.querysets import WebhookDeliveryQuerySet, WebhookEndpointQuerySet

URL_LENGTH = 500
PING = "ping"
"""The type of what is sent to try an endpoint."""


class WebhookEndpoint(models.Model):
    """An address of an integrator's program. Its secrets are not kept: they follow from ours and a version."""

    class Status(models.TextChoices):
        ENABLED = "enabled", _("enabled")
        PAUSED = "paused", _("paused by its owner")
        GONE = "gone", _("gone: it answered 410")
        FAILING = "failing", _("switched off: it failed for days")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="webhook_endpoints", verbose_name=_("integrator"))
    url = models.URLField(_("address"), max_length=URL_LENGTH)
    description = models.CharField(_("description"), max_length=100, blank=True)
    events = ArrayField(models.CharField(max_length=40, choices=EventType.choices), verbose_name=_("events"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ENABLED)
    secret_version = models.PositiveIntegerField(default=1, editable=False)
    previous_secret_until = models.DateTimeField(
        _("previous secret until"), null=True, editable=False, help_text=_("Until then both secrets sign.")
    )
    failing_since = models.DateTimeField(
        _("failing since"), null=True, editable=False, help_text=_("Its first failure since it last answered well.")
    )
    served_until = models.DateTimeField(
        null=True, editable=False, help_text=_("A worker has, or had, it until then, and no other one takes it.")
    )
    created_at = models.DateTimeField(_("made"), db_default=Now(), editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["enabled", "paused", "gone", "failing"]), name="webhook_endpoint_status_known"
            ),
            models.CheckConstraint(condition=Q(events__len__gt=0), name="webhook_endpoint_wants_something"),
        ]

    def __str__(self) -> str:
        return self.url

    def secret_versions(self, now: datetime) -> list[int]:
        """Those that sign at `now`, the newest first."""
        overlaps = self.previous_secret_until is not None and now < self.previous_secret_until
        return [self.secret_version, self.secret_version - 1] if overlaps else [self.secret_version]


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint; one without an event is a test."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("endpoint")
    )
    event = models.ForeignKey(Event, models.CASCADE, null=True, related_name="deliveries", verbose_name=_("event"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    created_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("due"), help_text=_("Not tried before this."))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, help_text=_("Of the running 72 hours."))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="event_once_per_endpoint"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "delivered", "failed"]), name="webhook_delivery_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="delivered", delivered_at__isnull=False) | ~Q(status="delivered"),
                name="webhook_delivered_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "due_at"], name="webhook_delivery_due", condition=Q(status="waiting")),
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_newest"),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def payload(self) -> dict[str, object]:
        """What is sent. Its id is the same with every try: by it a receiver knows a repetition."""
        if self.event is not None:
            return self.event.payload
        return {"id": str(self.pk), "type": PING, "timestamp": self.created_at, "sequence": None, "data": {}}


class WebhookAttempt(models.Model):
    """One try: the answer's status, or why there was none."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="attempts", verbose_name=_("delivery"))
    at = models.DateTimeField(_("at"))
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(_("took (ms)"))

    class Meta:
        verbose_name = _("try")
        verbose_name_plural = _("tries")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.status_code or self.error}"
