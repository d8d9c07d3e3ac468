"""Questions about what was sold, as phrases."""

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Q

from flights_project.gateway.models import User
from flights_project.lib import clock

if TYPE_CHECKING:
    from bookings.models import Booking, Coupon, Payment, Segment  # noqa: F401 -- the querysets' parameters


class BookingQuerySet(models.QuerySet["Booking"]):
    def locked(self, pk: int) -> "Booking":
        """The booking with its fare family and owner, locked until the transaction ends."""
        return self.select_related("family", "owner").select_for_update(of=("self",), no_key=True).get(pk=pk)

    def of(self, owner: User) -> Self:
        """Somebody's own bookings: the only ones that they may know of."""
        return self.filter(owner=owner)

    def held(self) -> Self:
        return self.filter(status="held")

    def counts_against_limits(self, now: datetime) -> tuple[int, int]:
        """How many live or flown bookings were made in the calendar quarter of `now`, and how many holds are open."""
        quarter = Count("pk", filter=Q(status__in=("held", "confirmed"), held_at__gte=clock.quarter_start(now)))
        counts = self.aggregate(in_quarter=quarter, held=Count("pk", filter=Q(status="held")))
        return counts["in_quarter"], counts["held"]

    def overdue(self, now: datetime) -> Self:
        """Holds whose time to pay is over, and for which no payment runs."""
        return self.filter(status="held", payment_required_by__lte=now).exclude(payments__status="started")

    def unfinished(self, now: datetime) -> Self:
        """With something still to come: time to pay, an answer of a bank, money to give back, or a flight."""
        return self.filter(
            Q(status="held")
            | Q(payments__status="started")
            | Q(payments__refunds__status="started")
            | Q(coupons__status__in=("open", "checked_in", "boarded"), segments__flight__departs_at__gt=now)
        ).distinct()

    def with_journey(self) -> Self:
        """With everything that a booking is shown with, in a number of queries that does not grow."""
        return self.select_related("family").prefetch_related(
            "passengers__ticket",
            "segments__family",
            "segments__flight__origin__city",
            "segments__flight__destination__city",
            "coupons__seat",
            "payments",
        )


class PaymentQuerySet(models.QuerySet["Payment"]):
    def started(self, pk: UUID) -> Self:
        """This payment, if it still waits for its answer: what guarded updates start from."""
        return self.filter(pk=pk, status="started")

    def untaken(self, pk: UUID) -> Self:
        """This payment, if no money was taken for it so far: it waits for its answer, or was given up as failed."""
        return self.filter(pk=pk, status__in=("started", "failed"))

    def to_settle(self, now: datetime) -> Self:
        """Started payments whose gateway is to be asked again by now."""
        return self.filter(status="started", ask_again_at__lte=now)


class SegmentQuerySet(models.QuerySet["Segment"]):
    def to_remind(self, *, now: datetime, until: datetime) -> Self:
        """Flights of confirmed bookings that leave between `now` and `until`, whose traveller was not reminded."""
        return self.filter(
            reminded_at=None,
            booking__status="confirmed",
            flight__departs_at__gt=now,
            flight__departs_at__lte=until,
            flight__status__in=("scheduled", "delayed"),
        )


class CouponQuerySet(models.QuerySet["Coupon"]):
    def live(self) -> Self:
        """Held or sold, and not yet flown: who has a seat."""
        return self.filter(status__in=("held", "open", "checked_in", "boarded"))

    def unused(self, now: datetime) -> Self:
        """Sold, not checked in, on flights that have not left: what can be cancelled."""
        return (
            self.filter(status="open")
            .exclude(flight__status__in=("departed", "landed"))
            .filter(Q(flight__departs_at__gt=now) | Q(flight__status="cancelled"))
        )
