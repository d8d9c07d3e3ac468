from django.conf import settings
from django.utils.module_loading import import_string

from bookings.exceptions import GatewayUnknown
from bookings.gateways.base import PaymentGateway

GATEWAYS = {
    "sandbox": "bookings.gateways.sandbox.SandboxGateway",
    "stripe": "bookings.gateways.stripe_gateway.StripeGateway",
}
"""Loaded when first used, so that a deployment without Stripe does not carry its library."""


def open_gateways() -> list[str]:
    """Names of the gateways that this deployment takes payments by, the preferred first."""
    return [name for name in settings.PAYMENT_GATEWAYS if name in GATEWAYS]


def gateway_named(name: str) -> PaymentGateway:
    """Raises GatewayUnknown where `PAYMENT_GATEWAYS` does not name it."""
    if name not in open_gateways():
        raise GatewayUnknown
    gateway: PaymentGateway = import_string(GATEWAYS[name])()
    return gateway
