"""Those who take and give back the money, behind one protocol."""

from bookings.gateways.base import Charge, ChargeStatus, GatewayUnreachable, PaymentGateway
from bookings.gateways.registry import gateway_named, open_gateways

__all__ = ["Charge", "ChargeStatus", "GatewayUnreachable", "PaymentGateway", "gateway_named", "open_gateways"]
