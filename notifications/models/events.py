"""What integrators' programs are told: a numbered log for each account, from which webhooks are sent too."""

import uuid

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from flights_project.gateway.models import User
from notifications.querysets import EventQuerySet


class EventType(models.TextChoices):
    """Part of the API's contract: a name keeps its meaning for ever."""

    BOOKING_HELD = "booking.held", _("seats are held")
    BOOKING_CONFIRMED = "booking.confirmed", _("a booking is paid and has its tickets")
    BOOKING_EXPIRED = "booking.expired", _("the time to pay for a hold is over")
    BOOKING_CANCELLED = "booking.cancelled", _("a hold was let go, or all or part of a booking cancelled")
    BOOKING_CHANGED = "booking.changed", _("a name was corrected, or travellers have a booking of their own")
    BOOKING_MOVED = "booking.moved", _("a booking has other flights in the place of one that the airline changed")
    BOOKING_SEATS_CHANGED = "booking.seats_changed", _("travellers sit elsewhere")
    PAYMENT_FAILED = "payment.failed", _("the gateway took no money")
    PAYMENT_RETURNED = "payment.returned", _("money that could buy nothing any more goes back")
    FLIGHT_DELAYED = "flight.delayed", _("a booked flight leaves at another time")
    FLIGHT_GATE_CHANGED = "flight.gate_changed", _("a booked flight leaves from another gate")
    FLIGHT_CANCELLED = "flight.cancelled", _("a booked flight does not go")
    REFUND_PAID = "refund.paid", _("the gateway has paid a refund")


class EventLog(models.Model):
    """How far an account's events are numbered. Whoever numbers them locks this, and nothing else does."""

    owner = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    last_sequence = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("log of events")

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.last_sequence}"


class Event(models.Model):
    """One thing that happened to what an integrator sold, written by the transaction in which it happened.

    It gets its `sequence` afterwards, so that numbers become visible in their order: a transaction that commits late
    has a later number, whatever its row's id.
    """

    uid = models.UUIDField(_("id"), default=uuid.uuid4, unique=True)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False, verbose_name=_("integrator"))
    sequence = models.PositiveBigIntegerField(_("sequence"), null=True, help_text=_("1, 2, 3, … for each integrator."))
    type = models.CharField(_("type"), max_length=40, choices=EventType.choices)
    about = models.CharField(_("about"), max_length=80, help_text=_("A locator."))
    facts = models.JSONField(_("facts"), encoder=DjangoJSONEncoder)
    occurred_at = models.DateTimeField(_("occurred"))

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "sequence"], name="event_sequence_once"),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="event_to_number", condition=models.Q(sequence__isnull=True)),
            BrinIndex(fields=["occurred_at"], name="event_age"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="event_stands", fields=["uid", "owner", "type", "about", "facts", "occurred_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.about}"

    @property
    def payload(self) -> dict[str, object]:
        """The event as it is sent and listed."""
        return {
            "id": str(self.uid),
            "type": self.type,
            "timestamp": self.occurred_at,
            "sequence": self.sequence,
            "data": self.facts,
        }
