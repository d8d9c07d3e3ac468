"""Paying for a held journey, or for the seats that a confirmed booking has ordered.

Three steps, and the gateway is called between the transactions, never inside one:

1. `_start` locks the booking, checks both clocks and writes a `Payment`. From then on neither clock moves against the
   traveller: nothing expires a hold that is being paid, and nothing changes its total.
2. The gateway is asked to take the money, in two steps: it is told of the charge, its reference is kept on the payment,
   and only a payment that is still running then is charged. So a charge that may have been made can always be found,
   and a payment that was given up is never charged by a worker that comes late.
3. `settlement.record_answer` writes what it said: success sells the held seats and issues the tickets in one
   transaction.

Where no answer comes, the payment stays `started` and `settlement` asks until the truth is known.
"""

from datetime import datetime
from decimal import Decimal

import structlog
from django.db import transaction

from airlines.exceptions import PriceChanged
from bookings.exceptions import HoldExpired, NotPayable, PaymentRunning, SeatOrderLapsed
from bookings.gateways import Charge, ChargeStatus, GatewayUnreachable, PaymentGateway, gateway_named
from bookings.models import Booking, Payment, SeatOrder
from bookings.services import repricing
from bookings.services.settlement import GATEWAY_ANSWERS_WITHIN, record_answer, settle
from flights_project.lib.money import on_the_wire
from flights_project.lib.statements import execute, insert

log = structlog.get_logger(__name__)

KEEP_REFERENCE = "UPDATE bookings_payment SET reference = %s WHERE id = %s AND status = 'started'"


def pay(*, booking: Booking, gateway: str, token: str, now: datetime, total: Decimal | None = None) -> Payment:
    """Take the booking's total by `gateway` from what `token` stands for, or what its open seat order costs; returns
    the payment as it stands after.

    A payment that already runs for this booking with the same token is not made again but asked about. Raises
    GatewayUnknown, NotPayable, HoldExpired, SeatOrderLapsed, PaymentRunning for another token, and PriceChanged where
    another amount is due than the `total` that the payer agreed to, if they say one, or where the price guarantee has
    ended and the journey costs something else now: the booking then carries the new total.
    """
    chosen = gateway_named(gateway)
    started = _start(booking, gateway, token, total, now)
    if isinstance(started, PriceChanged):
        raise started
    payment, is_new = started
    if not is_new:
        return settle(payment=payment, now=now)
    charge = _charge(chosen, payment, now)
    return record_answer(payment=payment, charge=charge, now=now) if charge else payment


def _charge(gateway: PaymentGateway, payment: Payment, now: datetime) -> Charge | None:
    """What the gateway says; None where it does not answer, or where the payment was given up meanwhile."""
    if not payment.amount:  # a journey for nothing: there is nothing to take
        return Charge(status=ChargeStatus.SUCCEEDED, amount=payment.amount, currency=payment.currency)
    try:
        prepared = gateway.prepare(payment=payment)
    except GatewayUnreachable:
        return Charge(status=ChargeStatus.DECLINED, decline_code="gateway_unreachable")
    if prepared.status is ChargeStatus.DECLINED:
        return prepared
    if not execute(KEEP_REFERENCE, [prepared.reference, payment.pk]):
        payment.refresh_from_db()
        return None
    payment.reference = prepared.reference
    try:
        return gateway.charge(payment=payment, now=now)
    except GatewayUnreachable:
        log.warning("gateway_unreachable", payment=str(payment.pk))
        return None


@transaction.atomic
def _start(
    booking: Booking, gateway: str, token: str, total: Decimal | None, now: datetime
) -> tuple[Payment, bool] | PriceChanged:
    """A started payment, and whether it is new. Locks the booking, so that of two tabs one starts it."""
    locked = Booking.objects.locked(booking.pk)
    running = Payment.objects.running(locked)
    if running is not None:
        if running.token != token:
            raise PaymentRunning
        return running, False
    order = _open_seat_order(locked, now) if locked.status == Booking.Status.CONFIRMED else None
    if order is None and (changed := _check_clocks(locked, now)):
        return changed
    due = order.amount if order else locked.total
    _refuse_another(due, total, locked.currency)
    payment = Payment(
        booking=locked,
        seat_order=order,
        gateway=gateway,
        token=token,
        amount=due,
        currency=locked.currency,
        started_at=now,
        ask_again_at=now + GATEWAY_ANSWERS_WITHIN,
    )
    insert([payment])
    return payment, True


def _refuse_another(due: Decimal, agreed: Decimal | None, currency: str) -> None:
    """Under the lock: a seat that is chosen while somebody looks at the price is not charged unseen."""
    if agreed is not None and agreed != due:
        raise PriceChanged(
            f"{due} {currency} is to be paid, not {agreed}.",
            total=on_the_wire(due, currency),
            previous_total=on_the_wire(agreed, currency),
        )


def _open_seat_order(booking: Booking, now: datetime) -> SeatOrder:
    """What a confirmed booking can still be paid for."""
    order = booking.seat_orders.open().first()
    if order is None:
        raise NotPayable
    if now >= order.payment_required_by:
        raise SeatOrderLapsed
    return order


def _check_clocks(booking: Booking, now: datetime) -> PriceChanged | None:
    if booking.status == Booking.Status.EXPIRED:
        raise HoldExpired
    if booking.status != Booking.Status.HELD:
        raise NotPayable
    if now >= booking.payment_required_by:
        raise HoldExpired
    return _renew_guarantee(booking, now) if now >= booking.price_guaranteed_until else None


def _renew_guarantee(booking: Booking, now: datetime) -> PriceChanged | None:
    """The price of now counts. A changed one is kept with the booking, so it is returned, not raised."""
    previous = booking.total
    repricing.reprice(booking=booking, now=now)
    if booking.total == previous:
        return None
    return PriceChanged(
        f"The price guarantee has ended. The journey costs {booking.total} {booking.currency} now, "
        f"{previous} {booking.currency} before.",
        total=on_the_wire(booking.total, booking.currency),
        previous_total=on_the_wire(previous, booking.currency),
    )
