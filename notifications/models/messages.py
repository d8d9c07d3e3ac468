"""What people are told: one message for each thing to tell, written by the transaction that causes it."""

import uuid

from django.contrib.postgres.indexes import OpClass
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from flights_project.gateway.models import User
from notifications.kinds import KINDS, Urgency, Way
from notifications.querysets import MessageQuerySet


class Message(models.Model):
    """One thing to tell to one address, once for each (kind, subject, recipient).

    The recipient is an address of what carries it: an e-mail address, a phone number. So the same thing carried twice
    is two messages, each with its own fate. Where there is a `reader`, it stands in that account's inbox, too.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        DEAD = "dead", _("given up")
        LAPSED = "lapsed", _("too late to be of use")
        DISMISSED = "dismissed", _("dismissed by staff")
        WITHHELD = "withheld", _("held back: too many to an unconfirmed address")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.SlugField(_("kind"), max_length=40)
    subject = models.CharField(_("about"), max_length=80, help_text=_("What it is about: a locator, a flight of one."))
    way = models.CharField(_("by"), max_length=10, choices=Way.choices, default=Way.EMAIL)
    recipient = models.CharField(_("recipient"), max_length=254)
    reader = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        related_name="messages",
        db_index=False,
        verbose_name=_("in the inbox of"),
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    context = models.JSONField(_("facts"), encoder=DjangoJSONEncoder)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.SOON)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    written_at = models.DateTimeField(_("written"), db_default=Now())
    due_at = models.DateTimeField(_("due"), db_default=Now(), help_text=_("Not tried before this."))
    useful_until = models.DateTimeField(_("of use until"), null=True, help_text=_("Not sent after this."))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    copy = models.PositiveSmallIntegerField(_("copy"), default=0, help_text=_("How often staff had it sent again."))
    last_error = models.TextField(_("last error"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    read_at = models.DateTimeField(_("read"), null=True, help_text=_("In an inbox."))

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-written_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "recipient"], name="nothing_told_twice"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "sent", "dead", "lapsed", "dismissed", "withheld"]),
                name="message_status_known",
            ),
            models.CheckConstraint(condition=Q(way__in=Way.values), name="message_way_known"),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent"),
                name="message_sent_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["urgency", "due_at"], name="message_due", condition=Q(status="waiting")),
            models.Index(fields=["-written_at"], name="message_newest"),
            models.Index(OpClass(Upper("subject"), "text_pattern_ops"), name="message_about"),
            models.Index(Upper("recipient"), name="message_recipient"),
            models.Index(fields=["-written_at"], name="message_dead", condition=Q(status="dead")),
            models.Index(fields=["reader", "-written_at"], name="message_inbox"),
            models.Index(fields=["reader"], name="message_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.subject}"

    @property
    def what(self) -> str:
        """Its kind in the reader's words; a kind that is no more keeps its name."""
        return str(KINDS[self.kind].label) if self.kind in KINDS else self.kind


class Attempt(models.Model):
    """One try to send a message. What was tried and not recorded, because the worker died, is not here."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attempts", verbose_name=_("message"))
    number = models.PositiveSmallIntegerField(_("try"))
    tried_at = models.DateTimeField(_("tried"))
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("try")
        verbose_name_plural = _("tries")
        ordering = ["tried_at", "pk"]

    def __str__(self) -> str:
        return f"{self.number}: {self.error or 'sent'}"


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
