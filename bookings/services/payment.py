"""Paying for a held journey.

Three steps, and the gateway is called between the transactions, never inside one:

1. `_start` locks the booking, checks both clocks and writes a `Payment`. From then on neither clock moves against the
   traveller: nothing expires a hold that is being paid, and nothing changes its total.
2. The gateway is asked to take the money, with the payment's id as idempotency key.
3. `settlement.record_answer` writes what it said: success sells the held seats and issues the tickets in one
   transaction.

Where no answer comes, the payment stays `started` and `settlement` asks until the truth is known.
"""

from datetime import datetime

import structlog
from django.db import transaction

from airlines.exceptions import PriceChanged
from bookings.exceptions import HoldExpired, NotPayable, PaymentRunning
from bookings.gateways import GatewayUnreachable, gateway_named
from bookings.models import Booking, Payment
from bookings.services import repricing
from bookings.services.settlement import GATEWAY_ANSWERS_WITHIN, record_answer, settle
from flights_project.lib.money import on_the_wire

log = structlog.get_logger(__name__)


def pay(*, booking: Booking, gateway: str, token: str, now: datetime) -> Payment:
    """Take the booking's total by `gateway` from what `token` stands for; returns the payment as it stands after.

    A payment that already runs for this booking with the same token is not made again but asked about. Raises
    GatewayUnknown, NotPayable, HoldExpired, PaymentRunning for another token, and PriceChanged where the price
    guarantee has ended and the journey costs something else now: the booking then carries the new total.
    """
    chosen = gateway_named(gateway)
    repriced = _renew_guarantee(booking, now)
    if repriced is not None:
        raise repriced
    payment, is_new = _start(booking, gateway, token, now)
    if not is_new:
        return settle(payment=payment, now=now)
    try:
        charge = chosen.charge(key=payment.pk, amount=payment.amount, currency=payment.currency, token=token, now=now)
    except GatewayUnreachable:
        log.warning("gateway_unreachable", payment=str(payment.pk))
        return payment
    return record_answer(payment=payment, charge=charge, now=now)


@transaction.atomic
def _renew_guarantee(booking: Booking, now: datetime) -> PriceChanged | None:
    """After `price_guaranteed_until` the price of now counts. A changed one is kept, so it is returned, not raised."""
    locked = Booking.objects.locked(booking.pk)
    if locked.status != Booking.Status.HELD or now < locked.price_guaranteed_until:
        return None
    if now >= locked.payment_required_by or locked.payments.filter(status=Payment.Status.STARTED).exists():
        return None
    previous = locked.total
    repricing.reprice(booking=locked, now=now)
    if locked.total == previous:
        return None
    return PriceChanged(
        f"The price guarantee has ended. The journey costs {locked.total} {locked.currency} now, "
        f"{previous} {locked.currency} before.",
        total=on_the_wire(locked.total, locked.currency),
        previous_total=on_the_wire(previous, locked.currency),
    )


@transaction.atomic
def _start(booking: Booking, gateway: str, token: str, now: datetime) -> tuple[Payment, bool]:
    """A started payment, and whether it is new. Locks the booking, so that of two tabs one starts it."""
    locked = Booking.objects.locked(booking.pk)
    running = locked.payments.filter(status=Payment.Status.STARTED).first()
    if running is not None:
        if running.token != token:
            raise PaymentRunning
        return running, False
    if locked.status == Booking.Status.EXPIRED:
        raise HoldExpired
    if locked.status != Booking.Status.HELD:
        raise NotPayable
    if now >= locked.payment_required_by:
        raise HoldExpired
    payment = Payment.objects.create(
        booking=locked,
        gateway=gateway,
        token=token,
        amount=locked.total,
        currency=locked.currency,
        started_at=now,
        ask_again_at=now + GATEWAY_ANSWERS_WITHIN,
    )
    return payment, True
