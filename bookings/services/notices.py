"""What gateways say by themselves: late, twice or in any order, and never more than an answer to `ask` would say."""

from datetime import datetime

import structlog

from bookings.gateways import ChargeNotice, RefundNotice, gateway_named
from bookings.models import Payment, Refund
from bookings.services.refunds import reopen
from bookings.services.settlement import record_answer, settle

log = structlog.get_logger(__name__)


def hear(*, gateway: str, body: bytes, signature: str, now: datetime) -> None:
    """Record what a gateway's notice says. Raises GatewayUnknown, and NoticeInvalid where it is not the gateway's."""
    match gateway_named(gateway).read_notice(body=body, signature=signature):
        case ChargeNotice() as notice:
            _hear_of_charge(gateway, notice, now)
        case RefundNotice() as notice:
            _hear_of_refund(notice)


def _hear_of_charge(gateway: str, notice: ChargeNotice, now: datetime) -> None:
    payment = _find(gateway, notice)
    if payment is None or payment.reference not in ("", notice.reference):
        log.warning("notice_of_another_charge", gateway=gateway, reference=notice.reference, key=str(notice.key))
    elif notice.charge is None:
        settle(payment=payment, now=now)
    else:
        record_answer(payment=payment, charge=notice.charge, now=now)


def _find(gateway: str, notice: ChargeNotice) -> Payment | None:
    """By our own key first, by the gateway's reference where the key is missing."""
    payments = Payment.objects.filter(gateway=gateway).select_related("booking")
    by_key = payments.filter(pk=notice.key).first() if notice.key else None
    return by_key or payments.filter(reference=notice.reference).first()


def _hear_of_refund(notice: RefundNotice) -> None:
    if notice.key is None or not Refund.objects.filter(pk=notice.key).exists():
        log.error("refunded_elsewhere", reference=notice.reference)  # by hand: our books do not know of it
    elif notice.failed and reopen(refund=notice.key):
        log.error("refund_failed_after_all", refund=str(notice.key), reference=notice.reference)
