import uuid
from typing import TypeAlias

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from airlines.models import Flight, Seat
from bookings import states
from bookings.models.bookings import Booking
from bookings.models.tickets import Coupon
from bookings.querysets import OrderedSeatQuerySet, SeatOrderQuerySet


@pghistory.track(pghistory.UpdateEvent(), fields=["booking", "status", "amount"], model_name="SeatOrderEvent")
class SeatOrder(models.Model):
    """Seats that a confirmed booking has chosen and has to pay for. They are kept for it until it is paid or lapses."""

    Status: TypeAlias = states.SeatOrderStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="seat_orders", verbose_name=_("booking"))
    status = models.CharField(_("status"), max_length=6, choices=Status.choices, default=Status.OPEN, editable=False)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    ordered_at = models.DateTimeField(_("ordered"))
    payment_required_by = models.DateTimeField(_("payment required by"))

    objects = SeatOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat order")
        verbose_name_plural = _("seat orders")
        ordering = ["-ordered_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["open", "paid", "lapsed"]), name="seat_order_status_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="seat_order_of_something"),
            models.CheckConstraint(
                condition=Q(payment_required_by__gt=F("ordered_at")), name="seat_order_clock_runs_forward"
            ),
            models.UniqueConstraint(fields=["booking"], name="one_open_seat_order", condition=Q(status="open")),
        ]
        indexes = [
            models.Index(fields=["payment_required_by"], name="seat_order_overdue", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"{self.booking} {self.amount}"


class OrderedSeat(models.Model):
    """One traveller's part of an order; without a `seat` it makes room for a companion."""

    order = models.ForeignKey(SeatOrder, models.CASCADE, related_name="seats", verbose_name=_("order"))
    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="+", verbose_name=_("coupon"))
    flight = models.ForeignKey(Flight, models.PROTECT, related_name="+", verbose_name=_("flight"))
    seat = models.ForeignKey(Seat, models.PROTECT, null=True, related_name="+", verbose_name=_("seat"))
    fee = models.DecimalField(_("fee"), max_digits=12, decimal_places=2)
    released_at = models.DateTimeField(
        _("released"), null=True, help_text=_("Until then nobody else can choose the seat.")
    )

    objects = OrderedSeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("ordered seat")
        verbose_name_plural = _("ordered seats")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "coupon"], name="ordered_seat_once_per_coupon"),
            models.UniqueConstraint(
                fields=["flight", "seat"],
                name="nobody_orders_anothers_seat",
                condition=Q(released_at__isnull=True, seat__isnull=False),
            ),
            models.CheckConstraint(condition=Q(fee__gte=0), name="ordered_seat_fee_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.coupon} {self.seat or '–'}"
