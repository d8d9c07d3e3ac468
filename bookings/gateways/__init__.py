"""Those who take and give back the money, behind one protocol."""

from bookings.gateways.base import (
    Charge,
    ChargeNotice,
    ChargeStatus,
    GatewayUnreachable,
    NoticeInvalid,
    PaymentGateway,
    RefundNotice,
)
from bookings.gateways.registry import gateway_named, open_gateways

__all__ = [
    "Charge",
    "ChargeNotice",
    "ChargeStatus",
    "GatewayUnreachable",
    "NoticeInvalid",
    "PaymentGateway",
    "RefundNotice",
    "gateway_named",
    "open_gateways",
]
