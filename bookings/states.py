"""The states of what was sold, by name: below the models and their querysets, so that both speak of them alike.

They change only by guarded updates that name the state they leave; `docs/architecture/README.md` has who follows whom.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BookingStatus(models.TextChoices):
    """What has become of a booking."""

    HELD = "held", _("held")
    CONFIRMED = "confirmed", _("confirmed")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


class CouponStatus(models.TextChoices):
    """Where one traveller is with one flight."""

    HELD = "held", _("held")
    OPEN = "open", _("open")
    CHECKED_IN = "checked_in", _("checked in")
    BOARDED = "boarded", _("boarded")
    FLOWN = "flown", _("flown")
    CANCELLED = "cancelled", _("cancelled")
    EXCHANGED = "exchanged", _("exchanged")


UNFLOWN = (CouponStatus.OPEN, CouponStatus.CHECKED_IN, CouponStatus.BOARDED)
"""Paid for, and the flight is still to come or under way."""
LIVE = (CouponStatus.HELD, *UNFLOWN)
"""Held or sold, and not yet flown: who has a place."""
SOLD = (*UNFLOWN, CouponStatus.FLOWN)
"""Paid for, and neither given up nor exchanged."""
ENDED = (CouponStatus.CANCELLED, CouponStatus.EXCHANGED)
"""The flight was given up: the money came back, or another flight took its place."""


class PaymentStatus(models.TextChoices):
    """What a gateway has answered, and what went back since."""

    STARTED = "started", _("started")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    REFUNDED = "refunded", _("refunded")
    PARTLY_REFUNDED = "partly_refunded", _("partly refunded")


TAKEN = (PaymentStatus.SUCCEEDED, PaymentStatus.PARTLY_REFUNDED, PaymentStatus.REFUNDED)
"""Money was taken, whether or not some of it went back."""


class RefundStatus(models.TextChoices):
    """Whether money has gone back."""

    STARTED = "started", _("started")
    SUCCEEDED = "succeeded", _("succeeded")


class SeatOrderStatus(models.TextChoices):
    """What has become of seats that were to be paid for."""

    OPEN = "open", _("open")
    PAID = "paid", _("paid")
    LAPSED = "lapsed", _("lapsed")


class ChangeStatus(models.TextChoices):
    """What became of a change by the airline."""

    OPEN = "open", _("to be answered")
    KEPT = "kept", _("the flight was kept")
    MOVED = "moved", _("moved to other flights")
    REFUNDED = "refunded", _("money back")
    WITHDRAWN = "withdrawn", _("answered by another change")
