"""Giving back what was kept of a cancelled flight: for a reason, by somebody who answers for it.

The penalty of the coupons becomes less by what is given back, and a refund of as much is written. So of each booking
charged less refunded stays what its coupons are worth, and nobody gets back more than was paid.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from bookings.exceptions import NothingToWaive
from bookings.models import Booking, Coupon, DeskAct, Refund
from bookings.services.acting import Mandate
from bookings.services.refunds import give_back
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import on_the_wire, rounded


@transaction.atomic
def waive_penalty(*, booking: Booking, amount: Decimal | None, mandate: Mandate, now: datetime) -> DeskAct:
    """Give back `amount` of what was kept of the booking, or all of it.

    Locks the booking, so that of two waivers the second sees the first. Raises NothingToWaive where nothing was kept,
    InvalidRequest for an amount that is more than that.
    """
    locked = Booking.objects.locked(booking.pk)
    if earlier := mandate.earlier():
        return earlier
    coupons = list(kept_of(locked))
    kept = sum((coupon.penalty for coupon in coupons), Decimal())
    if not kept:
        raise NothingToWaive
    waived = kept if amount is None else amount
    _refuse_unless_possible(waived, kept, locked.currency)
    _lower(coupons, waived)
    give_back(booking=locked, total=waived, reason=Refund.Reason.WAIVED, now=now)
    return mandate.record(DeskAct.Kind.WAIVE, locked, now=now, amount=on_the_wire(waived, locked.currency))


def kept_of(booking: Booking) -> Iterable[Coupon]:
    """The cancelled coupons of which something was kept."""
    return booking.coupons.filter(status=Coupon.Status.CANCELLED, penalty__gt=0).order_by("pk")


def _refuse_unless_possible(amount: Decimal, kept: Decimal, currency: str) -> None:
    if amount <= 0 or amount != rounded(amount, currency):
        raise InvalidRequest({"amount": [_("Enter an amount that can be paid.")]})
    if amount > kept:
        words = _("Only %(kept)s was kept: no more than that can be given back.") % {"kept": money(kept)}
        raise InvalidRequest({"amount": [words]})


def _lower(coupons: list[Coupon], amount: Decimal) -> None:
    for coupon in coupons:
        part = min(amount, coupon.penalty)
        coupon.penalty -= part
        amount -= part
    Coupon.objects.bulk_update(coupons, ["penalty"])
