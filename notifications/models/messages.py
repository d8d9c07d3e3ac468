"""What people are told: one message for each thing to tell, written by the transaction that causes it."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notifications.querysets import MessageQuerySet


class Message(models.Model):
    """An e-mail to send, once for each (kind, subject, recipient)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        DEAD = "dead", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.SlugField(_("kind"), max_length=40)
    subject = models.CharField(_("about"), max_length=80, help_text=_("What it is about: a locator, a flight of one."))
    recipient = models.EmailField(_("recipient"))
    context = models.JSONField(_("facts"), encoder=DjangoJSONEncoder)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    written_at = models.DateTimeField(_("written"), db_default=Now())
    due_at = models.DateTimeField(_("due"), db_default=Now(), help_text=_("Not tried before this."))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-written_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "recipient"], name="nothing_told_twice"),
            models.CheckConstraint(condition=Q(status__in=["waiting", "sent", "dead"]), name="message_status_known"),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent"),
                name="message_sent_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="message_due", condition=Q(status="waiting")),
            models.Index(fields=["-written_at"], name="message_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class KeptMail(models.Model):
    """An e-mail that a demonstration kept instead of sending it."""

    message_id = models.CharField(max_length=255, unique=True)
    to = models.CharField(max_length=500)
    sender = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField(blank=True)
    sent_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name = _("kept e-mail")
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return self.subject
