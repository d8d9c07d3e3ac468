from decimal import Decimal
from typing import TypeAlias

import pghistory
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from airlines.models import Flight, Seat
from airlines.models.fares import SEAT_CHOICE_CODE
from bookings import states
from bookings.models.bookings import Booking, Passenger, Segment
from bookings.querysets import CouponQuerySet


class Ticket(models.Model):
    """All coupons of one traveller: 13 digits, airline code and serial, with a check digit beside them."""

    passenger = models.OneToOneField(Passenger, models.PROTECT, related_name="ticket", verbose_name=_("traveller"))
    number = models.CharField(_("number"), max_length=13, unique=True)
    issued_at = models.DateTimeField(_("issued"))

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^[0-9]{13}$"), name="ticket_number_13_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.number[:3]}-{self.number[3:]}"

    @property
    def check_digit(self) -> int:
        """The number modulo 7, kept beside the 13 digits (IATA Resolution 722)."""
        return int(self.number) % 7


@pghistory.track(
    pghistory.UpdateEvent(),
    fields=["booking", "passenger", "flight", "status", "penalty", "seat"],
    model_name="CouponEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events"),
)
class Coupon(models.Model):
    """One traveller on one flight: what was sold, at what price. The coupons are the truth about seats.

    An exchanged one (status E of IATA Resolution 722) keeps its flight and what it cost; others carry its value, and
    its segment is the one that another flight has taken.
    """

    Status: TypeAlias = states.CouponStatus

    LIVE = states.LIVE
    SOLD = states.SOLD
    ENDED = states.ENDED

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="coupons", verbose_name=_("booking"))
    passenger = models.ForeignKey(Passenger, models.PROTECT, related_name="coupons", verbose_name=_("traveller"))
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="coupons", verbose_name=_("segment"))
    flight = models.ForeignKey(Flight, models.PROTECT, related_name="coupons", verbose_name=_("flight"))
    identity = models.CharField(_("identity"), max_length=64, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, editable=False)
    fare = models.DecimalField(_("fare"), max_digits=12, decimal_places=2)
    taxes = models.JSONField(_("taxes"), encoder=DjangoJSONEncoder, default=list)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    penalty = models.DecimalField(
        _("penalty"), max_digits=12, decimal_places=2, default=0, help_text=_("Kept when it was cancelled.")
    )
    seat = models.ForeignKey(Seat, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("seat"))

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["passenger", "segment"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["held", "open", "checked_in", "boarded", "flown", "cancelled", "exchanged"]),
                name="coupon_status_known",
            ),
            models.CheckConstraint(condition=Q(fare__gte=0, total__gte=F("fare")), name="coupon_not_negative"),
            models.CheckConstraint(
                condition=Q(penalty=0) | Q(status="cancelled", penalty__gt=0, penalty__lte=F("total")),
                name="coupon_penalty_of_a_cancelled_one",
            ),
            models.UniqueConstraint(
                fields=["passenger", "segment"],
                name="coupon_once_per_flight_of_traveller",
                condition=Q(status__in=["held", "open", "checked_in", "boarded", "flown"]),
            ),
            models.UniqueConstraint(
                fields=["flight", "identity"],
                name="nobody_twice_on_a_flight",
                condition=Q(status__in=["held", "open", "checked_in", "boarded"]),
            ),
            models.UniqueConstraint(
                fields=["flight", "seat"],
                name="nobody_on_anothers_seat",
                condition=Q(status__in=["held", "open", "checked_in", "boarded"], seat__isnull=False),
            ),
        ]

        indexes = [
            models.Index(
                fields=["identity"],
                name="coupon_live_of_person",
                condition=Q(status__in=["held", "open", "checked_in", "boarded"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.passenger} {self.flight}"

    @property
    def seat_fee(self) -> Decimal | None:
        """What was charged for the choice of a seat; None where nothing was."""
        return next((Decimal(line["amount"]) for line in self.taxes if line["code"] == SEAT_CHOICE_CODE), None)

    @property
    def is_live(self) -> bool:
        """Its traveller has a place on the flight."""
        return self.status in self.LIVE

    @property
    def is_ended(self) -> bool:
        """Its traveller gave the flight up: the money came back, or another flight took its place."""
        return self.status in self.ENDED

    @property
    def is_early(self) -> bool:
        """Its traveller has neither checked in nor flown."""
        return self.status in (self.Status.HELD, self.Status.OPEN)

    @property
    def is_unused(self) -> bool:
        """Sold, and neither checked in nor flown: it can be cancelled."""
        return self.status == self.Status.OPEN
