"""Refunds go back by the gateway that took the money, and are sent again until it has them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Sum

from bookings.gateways import GatewayUnreachable, gateway_named
from bookings.models import Booking, Payment, Refund
from bookings.services import events
from bookings.services.rounds import count_done
from bookings.services.telling import tell_owner
from flights_project.lib.money import on_the_wire
from notifications.models import EventType

log = structlog.get_logger(__name__)

BATCH = 100


def give_back(*, booking: Booking, total: Decimal, reason: Refund.Reason, now: datetime) -> None:
    """Owe the whole of `total`, to the payments that took the money: the journey's first, then those for seats.

    The booking is locked.
    """
    written = []
    given_back = Sum("refunds__amount", default=Decimal())
    left = booking.payments.paid().annotate(left=F("amount") - given_back).order_by("started_at")
    for payment, most in left.values_list("pk", "left"):
        if amount := min(total, most):
            written.append(Refund(payment_id=payment, amount=amount, reason=reason, started_at=now))
            total -= amount
    if total:
        raise RuntimeError(f"{booking} would get back more than was paid: {total}")
    Refund.objects.bulk_create(written)


def pay_refunds(*, now: datetime) -> int:
    """Send every refund that is not paid yet, the least tried first; returns how many were."""
    started = Refund.objects.filter(status=Refund.Status.STARTED).select_related("payment__part_of")

    def send(refund: Refund) -> bool:
        return _pay(refund, now)

    return count_done(send, list(started.order_by("times_tried", "started_at")[:BATCH]))


def _pay(refund: Refund, now: datetime) -> bool:
    Refund.objects.filter(pk=refund.pk).update(times_tried=F("times_tried") + 1)
    try:
        gateway_named(refund.payment.gateway).refund(refund=refund)
    except GatewayUnreachable:
        log.warning("refund_not_sent", refund=str(refund.pk), tries=refund.times_tried + 1)
        return False
    return _record_paid(refund, now)


@transaction.atomic
def _record_paid(refund: Refund, now: datetime) -> bool:
    """Locks the payment, so that of two refunds of it the second sees the first."""
    payments = Payment.objects.select_related("booking__family", "booking__owner")
    payment = payments.select_for_update(of=("self",), no_key=True).get(pk=refund.payment_id)
    paid = Refund.objects.filter(pk=refund.pk, status=Refund.Status.STARTED).update(
        status=Refund.Status.SUCCEEDED, paid_at=now
    )
    given_back = payment.refunds.filter(status=Refund.Status.SUCCEEDED).aggregate(sum=Sum("amount"))["sum"]
    whole = given_back == payment.amount
    payment.status = Payment.Status.REFUNDED if whole else Payment.Status.PARTLY_REFUNDED
    payment.save(update_fields=["status"])
    if paid:
        amount = on_the_wire(refund.amount, payment.currency)
        tell_owner("refund_paid", payment.booking, subject=str(refund.pk), refund=amount, now=now)
        events.record(EventType.REFUND_PAID, payment.booking, refund=amount, payment=str(payment.pk), now=now)
    return bool(paid)


def reopen(*, refund: UUID) -> bool:
    """The gateway had taken a refund and could not pay it after all: it is sent again. Whether it had been paid."""
    paid = Refund.objects.filter(pk=refund, status=Refund.Status.SUCCEEDED)
    return bool(paid.update(status=Refund.Status.STARTED, paid_at=None))
