import uuid
from typing import TypeAlias

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from airlines.models import Flight
from bookings import states
from bookings.models.bookings import Booking
from bookings.querysets import ItineraryChangeQuerySet
from flights_project.gateway.models import User


@pghistory.track(
    pghistory.UpdateEvent(),
    fields=["booking", "flight", "status", "proposed", "decided_by", "ordered_by"],
    model_name="ItineraryChangeEvent",
)
class ItineraryChange(models.Model):
    """The airline changed a flight of a booking, and its traveller chooses what to do about it.

    It is about the journey from `flight` to the end of its slice: what a rebooking replaces.
    """

    class Cause(models.TextChoices):
        CANCELLED = "flight_cancelled", _("the flight was cancelled")
        MOVED = "flight_moved", _("the flight leaves at another time")
        MISSED = "connection_missed", _("a connection cannot be made any more")
        SEATS = "seats_changed", _("another airplane flies it, without the seats that were chosen")
        NO_SEAT = "no_seat", _("another airplane flies it, with too few seats in the cabin")

    CAN_BE_KEPT = (Cause.MOVED, Cause.SEATS)
    """The flight still does what was bought of it, if not quite as it was bought."""

    Status: TypeAlias = states.ChangeStatus

    class Choice(models.TextChoices):
        ACCEPT = "accept", _("accept what is proposed, or the flight as it is now")
        MOVE = "move", _("other flights, free")
        REFUND = "refund", _("all money back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="changes", verbose_name=_("booking"))
    flight = models.ForeignKey(Flight, models.PROTECT, related_name="+", verbose_name=_("flight"))
    cause = models.CharField(_("cause"), max_length=20, choices=Cause.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN, editable=False)
    proposed = ArrayField(
        models.BigIntegerField(), verbose_name=_("proposed flights"), default=list, blank=True, editable=False
    )
    """Ids in order of travel; none where nothing is proposed. A proposal keeps no seats."""
    opened_at = models.DateTimeField(_("told"))
    closed_at = models.DateTimeField(_("answered"), null=True, editable=False)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("answered by")
    )
    ordered_at = models.DateTimeField(
        _("accepted by staff"), null=True, editable=False, help_text=_("From then on a worker carries it out.")
    )
    ordered_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("accepted by")
    )
    problem = models.CharField(_("why it was not carried out"), max_length=40, blank=True, editable=False)

    objects = ItineraryChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a journey")
        verbose_name_plural = _("changes of journeys")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "kept", "moved", "refunded", "withdrawn"]),
                name="itinerary_change_status_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    cause__in=["flight_cancelled", "flight_moved", "connection_missed", "seats_changed", "no_seat"]
                ),
                name="itinerary_change_cause_known",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True) | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="itinerary_change_closed_has_its_time",
            ),
            models.UniqueConstraint(
                fields=["booking", "flight"], name="one_open_change_per_booked_flight", condition=Q(status="open")
            ),
        ]
        indexes = [
            models.Index(fields=["flight"], name="itinerary_change_open", condition=Q(status="open")),
            models.Index(
                fields=["ordered_at"],
                name="itinerary_change_to_do",
                condition=Q(status="open", ordered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking} {self.flight}"

    @property
    def available_choices(self) -> "list[ItineraryChange.Choice]":
        """What the traveller can choose now; the gate of each checks again under its lock."""
        if self.status != self.Status.OPEN:
            return []
        can_keep = self.cause in self.CAN_BE_KEPT and self.flight.status in Flight.FOR_SALE
        can_accept = [self.Choice.ACCEPT] if self.proposed or can_keep else []
        return [*can_accept, self.Choice.MOVE, self.Choice.REFUND]
