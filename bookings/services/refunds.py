"""Refunds go back by the gateway that took the money, and are sent again until it has them."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from bookings.gateways import GatewayUnreachable, gateway_named
from bookings.models import Payment, Refund

log = structlog.get_logger(__name__)

BATCH = 100


def pay_refunds(*, now: datetime) -> int:
    """Send every refund that is not paid yet; returns how many were."""
    started = Refund.objects.filter(status=Refund.Status.STARTED).select_related("payment")
    return sum(_pay(refund, now) for refund in list(started.order_by("started_at")[:BATCH]))


def _pay(refund: Refund, now: datetime) -> bool:
    payment = refund.payment
    Refund.objects.filter(pk=refund.pk).update(times_tried=F("times_tried") + 1)
    try:
        gateway_named(payment.gateway).refund(
            key=refund.pk, charge=payment.pk, amount=refund.amount, currency=payment.currency
        )
    except GatewayUnreachable:
        log.warning("refund_not_sent", refund=str(refund.pk), tries=refund.times_tried + 1)
        return False
    with transaction.atomic():
        paid = Refund.objects.filter(pk=refund.pk, status=Refund.Status.STARTED).update(
            status=Refund.Status.SUCCEEDED, paid_at=now
        )
        Payment.objects.filter(pk=payment.pk, status=Payment.Status.SUCCEEDED).update(status=Payment.Status.REFUNDED)
    return bool(paid)
