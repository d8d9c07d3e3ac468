import uuid
from typing import TypeAlias

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings import states
from bookings.models.bookings import Booking
from bookings.models.seat_orders import SeatOrder
from bookings.models.tickets import Coupon
from bookings.querysets import PaymentQuerySet
from flights_project.lib.money import written


@pghistory.track(
    pghistory.UpdateEvent(),
    fields=["booking", "status", "amount", "reference", "decline_code"],
    model_name="PaymentEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events"),
)
class Payment(models.Model):
    """One attempt to take a booking's total, or the amount of a seat order. Its id is the gateway's idempotency key."""

    Status: TypeAlias = states.PaymentStatus
    TAKEN = states.TAKEN

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payments", verbose_name=_("booking"))
    seat_order = models.ForeignKey(
        SeatOrder,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="payments",
        verbose_name=_("seat order"),
        help_text=_("What it pays for; empty for the journey."),
    )
    part_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="parts",
        verbose_name=_("part of"),
        help_text=_("The charge that this is a share of, for travellers who were split off."),
    )
    gateway = models.CharField(_("gateway"), max_length=20)
    token = models.CharField(_("token"), max_length=200, help_text=_("The gateway's name for card or account."))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(
        _("status"), max_length=15, choices=Status.choices, default=Status.STARTED, editable=False
    )
    reference = models.CharField(_("gateway's reference"), max_length=100, blank=True, editable=False)
    decline_code = models.CharField(_("decline code"), max_length=50, blank=True, editable=False)
    challenge_url = models.CharField(_("challenge page"), max_length=2000, blank=True, editable=False)
    started_at = models.DateTimeField(_("started"))
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    ask_again_at = models.DateTimeField(_("ask again"), null=True, editable=False)
    times_asked = models.PositiveIntegerField(_("times asked"), default=0, editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["started", "succeeded", "failed", "refunded", "partly_refunded"]),
                name="payment_status_known",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_not_negative"),
            models.UniqueConstraint(
                fields=["booking"], name="one_running_payment_per_booking", condition=Q(status="started")
            ),
            models.UniqueConstraint(
                fields=["booking"],
                name="one_succeeded_payment_for_the_journey",
                condition=Q(status="succeeded", seat_order__isnull=True, part_of__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["seat_order"], name="one_succeeded_payment_per_seat_order", condition=Q(status="succeeded")
            ),
            models.UniqueConstraint(
                fields=["gateway", "reference"], name="payment_reference_once", condition=~Q(reference="")
            ),
        ]
        indexes = [
            models.Index(fields=["ask_again_at"], name="payment_to_settle", condition=Q(status="started")),
            models.Index(fields=["-started_at"], name="payment_newest"),
            models.Index(
                fields=["answered_at"],
                include=["amount"],
                name="payment_taken",
                condition=Q(status__in=["succeeded", "partly_refunded", "refunded"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{written(self.amount, self.currency)} {self.get_status_display()}"

    @property
    def charged(self) -> "Payment":
        """The payment that the gateway knows: this one, or the one that it is a share of."""
        return self.part_of or self


class CancellationQuote(models.Model):
    """What cancelling coupons of a booking would give back, until it expires. Only the newest can be confirmed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="cancellation_quotes", verbose_name=_("booking"))
    coupons = models.ManyToManyField(Coupon, related_name="+", verbose_name=_("coupons"))
    refund = models.DecimalField(_("refund"), max_digits=12, decimal_places=2)
    penalty = models.DecimalField(_("penalty"), max_digits=12, decimal_places=2)
    quoted_at = models.DateTimeField(_("quoted"))
    expires_at = models.DateTimeField(_("expires"))
    superseded_at = models.DateTimeField(_("superseded"), null=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)

    class Meta:
        verbose_name = _("cancellation quote")
        verbose_name_plural = _("cancellation quotes")
        ordering = ["-quoted_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(refund__gte=0, penalty__gte=0), name="cancellation_not_negative"),
            models.UniqueConstraint(
                fields=["booking"],
                name="one_open_cancellation_quote",
                condition=Q(superseded_at__isnull=True, confirmed_at__isnull=True),
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("quoted_at")), name="cancellation_quote_expires_later"),
        ]

    def __str__(self) -> str:
        return f"{self.booking} {self.refund}"

    @property
    def passengers(self) -> list[int]:
        """Positions of the travellers whom it cancels."""
        return self._positions("passenger__position")

    @property
    def slices(self) -> list[int]:
        """Positions of the slices that it cancels of them."""
        return self._positions("segment__slice")

    def _positions(self, of: str) -> list[int]:
        return list(self.coupons.order_by(of).values_list(of, flat=True).distinct())


@pghistory.track(
    pghistory.UpdateEvent(),
    fields=["payment", "status", "amount", "reason"],
    model_name="RefundEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events"),
)
class Refund(models.Model):
    """Money on its way back by the gateway that took it. Its id is the idempotency key of the gateway."""

    Status: TypeAlias = states.RefundStatus

    class Reason(models.TextChoices):
        SEATS_GONE = "seats_gone", _("paid after the seats had gone")
        CANCELLED = "cancelled", _("cancelled by the traveller")
        CANCELLED_AT_DESK = "cancelled_at_desk", _("cancelled by staff for the traveller")
        FLIGHT_CHANGED = "flight_changed", _("the airline cancelled or changed a flight")
        PAID_TWICE = "paid_twice", _("the booking was not waiting for this payment any more")
        SEAT_CHOICE_GONE = "seat_choice_gone", _("paid after the chosen seats had gone")
        SEAT_LOST = "seat_lost", _("a chosen seat could not be had on another flight or airplane")
        WAIVED = "waived", _("a penalty was waived")
        WRONG_AMOUNT = "wrong_amount", _("the gateway took another amount or currency")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.STARTED, editable=False
    )
    started_at = models.DateTimeField(_("started"))
    paid_at = models.DateTimeField(_("paid"), null=True, editable=False)
    times_tried = models.PositiveIntegerField(_("times tried"), default=0, editable=False)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_of_something"),
            models.CheckConstraint(condition=Q(status__in=["started", "succeeded"]), name="refund_status_known"),
        ]
        indexes = [
            models.Index(fields=["started_at"], name="refund_to_pay", condition=Q(status="started")),
            models.Index(fields=["-started_at"], name="refund_newest"),
            models.Index(fields=["paid_at"], include=["amount"], name="refund_paid", condition=Q(status="succeeded")),
        ]

    def __str__(self) -> str:
        return written(self.amount, self.payment.currency)
